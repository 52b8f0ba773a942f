"""The published model (scgpt 0.2.4) as PyTorch code, without the packages that its other parts import."""

import importlib.machinery
import importlib.util
import site
import sys
import types

import torch


def _stub(name, **members):
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    module.__dict__.update(members)
    sys.modules[name] = module


def transformer_model():
    """The published class."""
    for name in ("torchtext", "torchtext.vocab", "torchtext._torchtext"):
        _stub(name, Vocab=dict)
    package = types.ModuleType("scgpt_model")
    package.__path__ = [site.getsitepackages()[0] + "/scgpt/model"]
    sys.modules["scgpt_model"] = package
    for name in ("dsbn", "grad_reverse", "model"):
        spec = importlib.util.spec_from_file_location(
            f"scgpt_model.{name}", f"{package.__path__[0]}/{name}.py"
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        spec.loader.exec_module(module)
    return sys.modules["scgpt_model.model"].TransformerModel


def full_size_model(layers, genes, classes, dropout):
    """The whole-human model's architecture, row 0 of the gene table being <pad>."""
    torch.manual_seed(0)
    return transformer_model()(
        genes, 512, 8, 512, layers, 3, classes,
        vocab={"<pad>": 0}, dropout=dropout, pad_token="<pad>", pad_value=-2,
        do_mvc=False, do_dab=False, use_batch_labels=False, input_emb_style="continuous",
        n_input_bins=51, cell_emb_style="cls", use_fast_transformer=False, pre_norm=False,
    )  # fmt: skip


def padded_batch(lengths, genes, generator):
    """Random genes and bins, padded to the longest, as the published collator does: (genes, values, is padding)."""
    size = (len(lengths), max(lengths))
    ids = torch.randint(1, genes, size, generator=generator)
    values = torch.randint(1, 51, size, generator=generator).float()
    padding = torch.arange(size[1])[None, :] >= torch.tensor(lengths)[:, None]
    ids[padding] = 0
    values[padding] = -2
    values[:, 0] = 0
    return ids, values, padding
