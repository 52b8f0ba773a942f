"""Starts the kernel of the wheel that this kernelspec came with, whichever Python Jupyter runs on: `start.py CONNECTION_FILE`.

A file rather than `python -m cellkernel`, which would look for modules in the notebook's folder first."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# <prefix>/share/jupyter/kernels/cellkernel/start.py
PREFIX = Path(__file__).resolve().parents[4]


def package_of_prefix():
    found = find_spec("cellkernel")
    return found is not None and found.origin is not None and PREFIX in Path(found.origin).resolve().parents


def python_of_prefix():
    names = ["python.exe"] if os.name == "nt" else ["bin/python", "bin/python3"]
    return next((PREFIX / name for name in names if (PREFIX / name).exists()), None)


def main():
    connection_file, *hopped = sys.argv[1:]
    python = None if hopped or package_of_prefix() else python_of_prefix()
    if python is not None:
        # Another environment's Jupyter. The second argument keeps a Python that can't find the package from going on for ever.
        command = [str(python), __file__, connection_file, "hopped"]
        if os.name == "nt":
            sys.exit(subprocess.run(command).returncode)
        os.execv(python, command)
    try:
        from cellkernel.node import start
    except ModuleNotFoundError:
        sys.exit(f"cellkernel: the package is not installed in {PREFIX}, where its kernelspec lies ({Path(__file__).parent}).")
    start("kernel/main.js", [connection_file])


main()
