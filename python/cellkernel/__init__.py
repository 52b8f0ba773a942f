"""JupyterLab's half of Cellkernel: the wheel carries the extension and a kernelspec. The kernel is the npm package."""

__version__ = "0.1.0"
