"""What the kernel's tests share: a kernelspec in a folder of its own, and one helper to run a cell."""

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
KERNEL_NAME = "cellkernel"
_prefix = None


def installed_kernelspec():
    """Installs the kernelspec below a temporary prefix that this process looks in first."""
    global _prefix
    if _prefix:
        return _prefix
    _prefix = tempfile.mkdtemp(prefix="cellkernel-test-")
    atexit.register(shutil.rmtree, _prefix, ignore_errors=True)
    command = ["node", str(ROOT / "dist/kernel/install.js"), "install", "--prefix", _prefix]
    subprocess.run(command, check=True, capture_output=True)
    os.environ["JUPYTER_PATH"] = f"{_prefix}/share/jupyter"
    # The history of the tests is not the user's.
    os.environ["JUPYTER_DATA_DIR"] = f"{_prefix}/data"
    return _prefix


def until(what, condition, timeout=30):
    """Waits until `condition` holds, and returns what it gave."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.02)
    return found


def running(pid):
    """Whether a process has not ended; one whose parent has not asked for its exit code has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def language_processes(kernel):
    """Those of its children that are language processes, by their flags: it may be building a snapshot too."""
    found = subprocess.run(["pgrep", "-P", str(kernel.pid), "-f", "--", "--heap-growing-percent"], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


class Kernel:
    """A running kernel. `run` executes one cell and collects what comes back."""

    def __init__(self, cwd=None, transport="tcp", ip="127.0.0.1", **process):
        installed_kernelspec()
        # What was heard while something else was waited for.
        self.kept = []
        # Ports are chosen before the kernel binds them, and a kernel that starts beside it may have been faster: as
        # Jupyter's own restarter does, others are tried.
        for last in (False, False, True):
            self.manager = KernelManager(kernel_name=KERNEL_NAME, transport=transport, ip=ip)
            self.manager.start_kernel(cwd=cwd or tempfile.gettempdir(), **process)
            try:
                return self.connect()
            except RuntimeError:
                if last or self.manager.is_alive():
                    raise
                self.client.stop_channels()
                self.manager.cleanup_resources()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)

    def restart(self):
        self.client.stop_channels()
        self.manager.restart_kernel(now=False)
        self.connect()

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def run(self, code, timeout=20, **options):
        return self.collect(self.client.execute(code, **options), timeout)

    def collect(self, msg_id, timeout=20):
        """The reply to an execute request and its outputs, up to its idle status."""
        return Result(self.reply(msg_id, timeout), self.outputs(msg_id, timeout))

    def reply(self, msg_id, timeout=20):
        deadline = time.monotonic() + timeout
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply

    def outputs(self, msg_id, timeout=20):
        outputs = []
        deadline = time.monotonic() + timeout
        while True:
            message = self.hear(deadline)
            parent = message["parent_header"]
            # A manager's requests may have the ids of its client's.
            if parent.get("msg_id") != msg_id or parent["msg_type"] != "execute_request":
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    return outputs
            elif message["msg_type"] != "execute_input":
                outputs.append(message)

    def heard(self, msg_id, timeout=20):
        """All that is published up to the idle status of `msg_id`, whichever cell it belongs to."""
        heard = []
        deadline = time.monotonic() + timeout
        while True:
            message = self.hear(deadline)
            heard.append(message)
            if message["parent_header"].get("msg_id") == msg_id and message["content"].get("execution_state") == "idle":
                return heard

    def iopub(self, msg_type, timeout=20):
        """The next message of this type, whoever caused it."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.hear(deadline)
            if message["msg_type"] == msg_type:
                return message

    def hear(self, deadline):
        """The next message that everybody hears."""
        if self.kept:
            return self.kept.pop(0)
        return self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))

    def wait_for(self, fits, timeout=20):
        """Waits for a message and keeps those before it for whoever asks next."""
        deadline = time.monotonic() + timeout
        skipped = []
        while not fits(message := self.hear(deadline)):
            skipped.append(message)
        self.kept = skipped + self.kept

    def begin(self, code, **options):
        """Sends a cell that calls `begun()` when it is where it should be; returns then, with the message's id."""
        msg_id = self.client.execute(f"const begun = () => console.log('begun');\n{code}", **options)
        self.wait_for(lambda message: message["content"].get("text") == "begun\n" and message["parent_header"]["msg_id"] == msg_id)
        return msg_id

    def interrupt(self):
        """Interrupts, and returns when the kernel has heard of it: it comes on another socket than the next cell."""
        self.manager.interrupt_kernel()
        told = lambda message: message["parent_header"].get("msg_type") == "interrupt_request" and message["content"].get("execution_state") == "idle"
        self.wait_for(told)


class Result:
    def __init__(self, reply, outputs):
        self.reply = reply["content"]
        self.status = self.reply["status"]
        self.outputs = outputs

    def of(self, msg_type):
        return [message["content"] for message in self.outputs if message["msg_type"] == msg_type]

    @property
    def text(self):
        """text/plain of the result, or None."""
        results = self.of("execute_result")
        return results[0]["data"]["text/plain"] if results else None

    def stream(self, name="stdout"):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def traceback(self):
        return "\n".join(self.reply.get("traceback", []))
