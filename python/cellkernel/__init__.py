"""Cellkernel's wheel: the npm package with all that it needs (in `js`), which `cellkernel.node` hands over to.

For Python: `finetune`, `annotate` and `embed` take AnnData; `%load_ext cellkernel` brings `%%ts` cells to a notebook of Python;
`cellkernel.papermill` gives parameters to notebooks of the kernel."""

import os

# Whoever loads this package works on patients' data: onnxruntime sends nothing home, here and in what is started from here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.2.0"

# Below the setting above, which what they load must find.
from cellkernel.steps import CommandError, annotate, embed, finetune  # noqa: E402

__all__ = ["CommandError", "annotate", "embed", "finetune"]


def load_ipython_extension(shell):
    from cellkernel.magic import load

    load(shell)
