"""Cellkernel's wheel: the npm package with all that it needs (in `js`), which `cellkernel.node` hands over to.
`cellkernel.papermill` gives parameters to notebooks of the kernel."""

import os

# Whoever loads this package works on patients' data: onnxruntime sends nothing home, here and in what is started from here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
