"""The protocol's steps for AnnData in Python, by the commands: no step is computed in Python."""

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from cellkernel.node import command


# What the commands write into `obsm`.
RESULTS = {"X_scGPT", "cellkernel_scores"}

# What a flag takes for yes and no, where it is not one that stands alone.
CHOICES = {"true|false": ("true", "false"), "on|off": ("on", "off")}


class CommandError(RuntimeError):
    """What a command wrote when it failed."""


def finetune(adata, *, cell_type, model, out, batch=None, **options):
    """Fine-tunes a model on labelled cells: `cellkernel preprocess`, then `cellkernel finetune`.

    Args:
        adata: AnnData, or the path of a file. Counts or logarithms, in X, a layer or raw: they are looked for.
        cell_type: the column of `obs` that holds the labels.
        model: the folder of a model, or its name in CELLKERNEL_MODELS.
        out: the folder of the run.
        batch: the column of `obs` that says what was measured together.
        options: of either command, by the names of their flags: `hvg=2000`, `epochs=3` (docs/options.md).

    Returns:
        The run's folder, for `annotate` and `embed`.

    Raises:
        CommandError: with what the command says.
    """
    flags = {step: _flags_of(step) for step in ("preprocess", "finetune")}
    for name in options:
        if not any(name in known for known in flags.values()):
            raise TypeError(f"finetune has no option '{name}': those of `cellkernel preprocess --help` and `cellkernel finetune --help`")
    of = {step: {name: value for name, value in options.items() if name in known} for step, known in flags.items()}
    with _folder() as folder:
        prepared = folder / "prepared"
        cells = _file(adata, folder)
        _run("preprocess", cells, cell_type=cell_type, model=model, batch=batch, out=prepared, **of["preprocess"])
        _run("finetune", prepared, out=out, **of["finetune"])
    return Path(out)


def annotate(adata, run, **options):
    """Labels cells: `cellkernel annotate`.

    Args:
        adata: AnnData; gets the columns of `obs` (`predicted_label`, `probability`, …), `obsm["X_scGPT"]`,
            `obsm["cellkernel_scores"]` and `uns["cellkernel"]` that the command writes.
        run: a run's folder.
        options: of the command, as `few_genes=True`.

    Returns:
        adata.
    """
    return _add("annotate", adata, run, options)


def embed(adata, run, **options):
    """Embeds cells: `cellkernel embed`.

    Args:
        adata: AnnData; gets `obsm["X_scGPT"]`, float32, cells × width.
        run: a run's folder.
        options: of the command.

    Returns:
        adata.
    """
    return _add("embed", adata, run, options)


def _add(step, adata, run, options):
    import anndata

    if not hasattr(adata, "write_h5ad"):
        raise TypeError(f"expected AnnData, which gets the results, not {type(adata).__qualname__}")
    with _folder() as folder:
        cells, out = _file(adata, folder), folder / "out.h5ad"
        _run(step, run, cells, out=out, **options)
        # Both as they are read from a file: what differs is what the command has written.
        given = anndata.read_h5ad(cells, backed="r")
        before = given.obs
        given.file.close()
        made = anndata.read_h5ad(out)
    for column in made.obs.columns:
        if column not in before or not made.obs[column].equals(before[column]):
            adata.obs[column] = made.obs[column].array
    for key in RESULTS.intersection(made.obsm):
        adata.obsm[key] = made.obsm[key]
    if "cellkernel" in made.uns:
        adata.uns["cellkernel"] = made.uns["cellkernel"]
    return adata


def _flags_of(step):
    """The options of a command by their names in Python, each with what its flag takes: "" for one that stands alone."""
    line, environment = command("src/cli/main.js", [step, "--help"])
    text = subprocess.run(line, env=environment, capture_output=True, text=True, encoding="utf8", check=True).stdout
    return {flag.replace("-", "_"): taken for flag, taken in re.findall(r"^  --([\w-]+) ?(\S*)", text, re.MULTILINE)}


def _run(step, *args, **options):
    flags = []
    takes = _flags_of(step) if any(isinstance(value, bool) for value in options.values()) else {}
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool) and takes.get(name) in CHOICES:
            yes, no = CHOICES[takes[name]]
            flags += [flag, yes if value else no]
        elif value is True:
            flags.append(flag)
        elif isinstance(value, (list, tuple)):
            flags += [flag, ",".join(str(each) for each in value)]
        elif value is not None and value is not False:
            flags += [flag, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]
    line, environment = command("src/cli/main.js", [step, *flags, *(str(arg) for arg in args)])
    lines = []
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf8")
    try:
        # As it comes: a training takes its time.
        for text in process.stdout:
            lines.append(text)
            # What is written on the way is gone when this returns.
            shown = re.sub(r"(^| )Written to .*cellkernel-.*", "", text)
            if shown.strip():
                print(shown, end="", flush=True)
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        raise CommandError("".join(lines).strip() or f"cellkernel {step} ended with exit code {code}")


def _file(adata, folder):
    if isinstance(adata, (str, os.PathLike)):
        return adata
    if not hasattr(adata, "write_h5ad"):
        raise TypeError(f"expected AnnData or the path of a file, not {type(adata).__qualname__}")
    path = folder / "cells.h5ad"
    # As it is: by default anndata turns texts into categories, in the object itself.
    adata.write_h5ad(path, convert_strings_to_categoricals=False)
    return path


@contextmanager
def _folder():
    with tempfile.TemporaryDirectory(prefix="cellkernel-") as folder:
        yield Path(folder)
