"""What the published inference makes of a run's folder: its loader's reads, PyPI's model class, the class probabilities.

    .venv-peers/bin/python test/peers/publishedInference.py RUN TOKENS      prints {"probabilities": [[…]], "types": […]}
"""

import json
import sys
from pathlib import Path

import torch
import yaml
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fixtures/model"))
from make import load_scgpt  # noqa: E402

folder = Path(sys.argv[1])
config = yaml.safe_load((folder / "dev_train_args.yml").read_text())
task_info, preprocess, parameters, tracking, task = (
    config[name] for name in ("task_info", "preprocess", "model_parameters", "wandb_configs", "task_configs")
)
# What its preprocess and inference read of it by name; a missing key raises as it does there.
for section, names in (
    (task_info, "raw_dataset_name save_dir input_dataset_directory"),
    (preprocess, "do_norm filter_gene_by_counts filter_cell_by_counts normalize_total n_hvg hvg_flavor "
                 "dataset_cell_type_col dataset_batch_id_col _FIXED_BATCH_ID_COL _FIXED_CELL_TYPE_COL "
                 "_FIXED_CELL_TYPE_ID_COL _FIXED_GENE_COL"),
    (parameters, "seed load_model do_train epochs batch_size lr schedule_interval schedule_ratio freeze_predecoder amp "
                 "train_test_split_ratio log_interval save_eval_interval"),
    (tracking, "mode project reinit name"),
    (task, "cls_token eoc_token mask_value append_cls include_zero_gene max_seq_len input_style CCE ECS "
           "do_sample_in_train"),
):
    for name in names.split():
        section[name]
assert tracking["mode"] in ("online", "offline") and isinstance(tracking["reinit"], bool)
assert isinstance(parameters["lr"], float)

vocabulary = json.loads((folder / "vocab.json").read_text())
for token in (task["pad_token"], task["cls_token"], task["eoc_token"]):
    assert token in vocabulary, token
types = json.loads(Path(task_info["id2type_json"]).read_text())
model = load_scgpt().TransformerModel(
    len(vocabulary), parameters["embsize"], parameters["nheads"], parameters["d_hid"], parameters["nlayers"],
    nlayers_cls=parameters["nlayers_cls"], n_cls=len(types) if task["CLS"] else 1, vocab=vocabulary,
    dropout=parameters["dropout"], pad_token=task["pad_token"], pad_value=task["pad_value"], do_mvc=task["MVC"],
    do_dab=task["DAB"], use_batch_labels=parameters["use_batch_labels"], domain_spec_batchnorm=parameters["DSBN"],
    input_emb_style=task["input_emb_style"], n_input_bins=task["n_input_bins"], cell_emb_style=task["cell_emb_style"],
    ecs_threshold=task["ecs_threshold"], use_fast_transformer=parameters["use_flash_attn"],
    fast_transformer_backend=parameters["fast_transformer_backend"], pre_norm=parameters["pre_norm"],
)
# Strictly: where that fails, the published code takes what fits and says nothing.
model.load_state_dict(torch.load(folder / "best_model.pt", weights_only=True))
model.eval()
torch.backends.mha.set_fastpath_enabled(False)
tokens = load_file(sys.argv[2])
genes = tokens["genes"].long()
with torch.no_grad():
    output = model(genes, tokens["values"], src_key_padding_mask=genes.eq(vocabulary[task["pad_token"]]), CLS=task["CLS"])
print(json.dumps({"probabilities": output["cls_output"].softmax(-1).tolist(), "types": list(types.values())}))
