"""A kernel of ours in the background of a Python one: runs TypeScript, and shows what it shows."""

import os
import sys
from queue import Empty

from IPython.display import clear_output, publish_display_data
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from cellkernel.node import command

# Seconds between two looks at whether the kernel lives and asks for something.
GLANCE = 0.2
# Seconds that a first start may take on a slow host.
READY = 120
# Its buttons speak with a kernel of ours, and the page's kernel is Python: the picture beside it is what is true there.
LIVE = "application/vnd.cellkernel.training.v1+json"


class TypeScriptError(Exception):
    """An error of a TypeScript cell, shown as the kernel words it."""

    def __init__(self, content):
        super().__init__(f"{content['ename']}: {content['evalue']}")
        self.ename, self.evalue, self.traceback = content["ename"], content["evalue"], content["traceback"]

    def _render_traceback_(self):
        return self.traceback


class _OurKernel(KernelSpecManager):
    """The kernel that came with this package, whatever kernelspecs the host has."""

    def get_kernel_spec(self, kernel_name):
        argv, environment = command("kernel/main.js", ["{connection_file}"])
        env = {name: value for name, value in environment.items() if os.environ.get(name) != value}
        return KernelSpec(argv=argv, env=env, display_name="TypeScript", language="typescript", interrupt_mode="message")


class Session:
    """Starts when it is first needed; values stay from cell to cell."""

    def __init__(self):
        self._manager = None
        self._client = None

    def run(self, code, hidden=False):
        """Runs a cell to its end.

        Args:
            code: TypeScript.
            hidden: keeps it out of the history, and its value out of the page.

        Raises:
            TypeScriptError: what the cell raised, also when it was interrupted.
        """
        client = self._started()
        request = client.execute(code, store_history=not hidden, allow_stdin=True)
        error = None
        while True:
            # An interruption goes to the cell, whose error it becomes.
            try:
                self._answer()
                message = client.get_iopub_msg(timeout=GLANCE)
            except Empty:
                self._alive()
                continue
            except KeyboardInterrupt:
                self._manager.interrupt_kernel()
                continue
            own = message["parent_header"].get("msg_id") == request
            kind, content = message["msg_type"], message["content"]
            if own and kind == "status" and content["execution_state"] == "idle":
                break
            if own and kind == "error":
                error = TypeScriptError(content)
            elif not (hidden and kind == "execute_result"):
                _show(kind, content)
        client.get_shell_msg(timeout=READY)
        if error:
            raise error

    def close(self):
        if self._client:
            self._client.stop_channels()
            self._manager.shutdown_kernel(now=True)
        self._manager = self._client = None

    def _started(self):
        if self._client is None:
            self._manager = KernelManager(kernel_name="cellkernel", kernel_spec_manager=_OurKernel())
            self._manager.start_kernel()
            self._client = self._manager.blocking_client()
            self._client.start_channels()
            try:
                self._client.wait_for_ready(timeout=READY)
            except BaseException:
                self.close()
                raise
        return self._client

    def _alive(self):
        if not self._manager.is_alive():
            self.close()
            raise RuntimeError(
                "The TypeScript kernel has ended (out of memory is the usual reason). Its values are lost; the next %%ts cell starts a new one."
            )

    def _answer(self):
        """Passes on what the cell asks the user for."""
        channel = self._client.stdin_channel
        if not channel.msg_ready():
            return
        content = self._client.get_stdin_msg(timeout=GLANCE)["content"]
        if content["password"]:
            from getpass import getpass

            self._client.input(getpass(content["prompt"]))
        else:
            self._client.input(input(content["prompt"]))


def _show(kind, content):
    if kind == "stream":
        stream = sys.stderr if content["name"] == "stderr" else sys.stdout
        stream.write(content["text"])
        stream.flush()
    elif kind == "clear_output":
        clear_output(content["wait"])
    elif kind in ("display_data", "execute_result", "update_display_data"):
        data = {mime: value for mime, value in content["data"].items() if mime != LIVE}
        update = kind == "update_display_data"
        publish_display_data(data, content["metadata"], transient=content.get("transient", {}), update=update)
