"""Measures one Jupyter kernel: `kernel.py NAME ARGV…`, its argv with {connection_file}. Prints JSON."""

import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

STARTS = 5
ROUNDS = 50


class Kernel:
    def __init__(self, argv, interrupt_mode):
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="", language="", interrupt_mode=interrupt_mode)
        self.started = time.perf_counter()
        self.manager.start_kernel(stdout=open(os.devnull, "w"), stderr=open(os.devnull, "w"))
        self.client = self.manager.client()
        self.client.start_channels()

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def reply(self, msg_id, timeout=30):
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply["content"]

    def run(self, code, timeout=30):
        """The reply, and the outputs up to the idle status."""
        msg_id = self.client.execute(code)
        reply = self.reply(msg_id, timeout)
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return reply, outputs
            outputs.append(message)

    def text(self, code):
        _, outputs = self.run(code)
        for message in outputs:
            if message["msg_type"] in ("execute_result", "display_data"):
                return plain(message["content"]["data"].get("text/plain", ""))
            if message["msg_type"] == "stream":
                return plain(message["content"]["text"])
        return ""


def plain(text):
    """Without colours and the line's end, which some kernels add."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()


def memory(pid):
    """Resident memory of a process and its descendants in MB, shared pages counted once."""
    table = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{name}/stat").read()
            table.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
        except OSError:
            pass
    pids = [pid]
    for parent in pids:
        pids += table.get(parent, [])
    total = 0
    for each in pids:
        found = re.search(r"^Pss:\s+(\d+)", open(f"/proc/{each}/smaps_rollup").read(), re.M)
        total += int(found.group(1)) * 1024
    return total / 1e6


def attempt(feature):
    # Some kernels abort for a while what is sent after an error.
    time.sleep(1)
    try:
        return bool(feature())
    except Exception:
        return False


def features(kernel, language, argv, mode):
    """What a user may try in the first minutes; each is yes or no."""
    client = kernel.client

    def request(msg_id):
        return kernel.reply(msg_id, 10)

    def interrupts(code):
        fresh = Kernel(argv, mode)
        try:
            fresh.client.wait_for_ready(timeout=60)
            fresh.run("kept = 42" if language == "python" else "let kept = 42")
            msg_id = fresh.client.execute(code)
            time.sleep(1)
            started = time.perf_counter()
            fresh.manager.interrupt_kernel()
            stopped = fresh.reply(msg_id, 3)["status"] == "error" and time.perf_counter() - started < 1
            return stopped and "42" in fresh.text("kept")
        finally:
            fresh.stop()

    def input_reply():
        code = {"python": "x = input('?'); x"}.get(language, "await input('?')")
        msg_id = client.execute(code, allow_stdin=True)
        client.get_stdin_msg(timeout=3)
        client.input("typed")
        return request(msg_id)["status"] == "ok"

    def comm():
        message = client.session.msg("comm_info_request", {})
        client.shell_channel.send(message)
        return request(message["header"]["msg_id"])["status"] == "ok"

    python = language == "python"
    tests = {
        "`execute_result` of the last expression": lambda: any(
            m["msg_type"] == "execute_result" for m in kernel.run("1 + 1")[1]
        ),
        "an error's name in the reply": lambda: kernel.run("raise ValueError('x')" if python else "throw new RangeError('x')")[0]["ename"]
        in ("ValueError", "RangeError"),
        "top-level await": lambda: kernel.text("import asyncio; await asyncio.sleep(0, 5)" if python else "await Promise.resolve(5)") == "5",
        "`await (expression)`": lambda: "5" in kernel.text("import asyncio; await (asyncio.sleep(0, 5))" if python else "await (Promise.resolve(5))"),
        "a name declared again with another type": lambda: "b" in kernel.text("y = 1; y = 'b'; y" if python else "const y = 1") + (
            "" if python else kernel.text("const y = 'b'; y")
        ),
        "completion": lambda: "upper" in str(request(client.complete("'a'.upp" if python else "'a'.toUpp"))["matches"]).lower(),
        "types with the completion": lambda: request(client.complete("'a'.upp" if python else "'a'.toUpp"))["metadata"].get("_jupyter_types_experimental"),
        "inspection": lambda: request(client.inspect("len" if python else "parseInt", 3))["found"],
        "history": lambda: len(request(client.history(hist_access_type="tail", n=2))["history"]) == 2,
        "`input_request`": input_reply,
        "comms": comm,
        "`user_expressions`": lambda: request(client.execute("1", user_expressions={"a": "1 + 1"}))["user_expressions"]["a"]["status"] == "ok",
        "interrupt of a synchronous loop": lambda: interrupts("while True: pass" if python else "while (true) {}"),
        "interrupt of an await that never ends": lambda: interrupts(
            "import asyncio; await asyncio.Event().wait()" if python else "await new Promise(() => {})"
        ),
        "interrupt of a loop after an await": lambda: interrupts(
            "import asyncio\nawait asyncio.sleep(0)\nwhile True: pass" if python else "await null; while (true) {}"
        ),
        "completion while a cell awaits": lambda: while_busy(kernel, python),
    }
    if not python:
        tests |= {
            "a package of ESM only, with types": lambda: "function" in kernel.text('import * as vl from "vega-lite"; typeof vl.compile'),
            "a package with an `exports` map, with types": lambda: "function" in kernel.text('import { table } from "arquero"; typeof table'),
            "type errors before anything runs": lambda: kernel.run("const n: number = 'x'")[0]["status"] == "error",
            "life after `process.exit`": lambda: survives(argv, mode, "process.exit(1)"),
            "life after a throw in a timer": lambda: survives(
                argv, mode, "setTimeout(() => { throw new Error('x') }, 10); await new Promise(r => setTimeout(r, 200))"
            ),
        }
    return {name: attempt(test) for name, test in tests.items()}


def while_busy(kernel, python):
    msg_id = kernel.client.execute("import asyncio; await asyncio.sleep(2)" if python else "await new Promise(r => setTimeout(r, 2000))")
    time.sleep(0.2)
    started = time.perf_counter()
    kernel.reply(kernel.client.complete("con"), 5)
    quick = time.perf_counter() - started < 1
    try:
        kernel.reply(msg_id, 5)
    except Exception:
        pass
    return quick


def survives(argv, mode, code):
    kernel = Kernel(argv, mode)
    try:
        kernel.client.wait_for_ready(timeout=60)
        kernel.run("let kept = 42")
        try:
            kernel.run(code, 3)
        except Exception:
            pass
        return "42" in kernel.text("kept")
    finally:
        kernel.stop()


def measure(language, mode, argv):
    starts, first = [], []
    for _ in range(STARTS):
        kernel = Kernel(argv, mode)
        kernel.client.wait_for_ready(timeout=60)
        first.append(time.perf_counter() - kernel.started)
        kernel.run("1+1")
        starts.append(time.perf_counter() - kernel.started)
        kernel.stop()
    kernel = Kernel(argv, mode)
    kernel.client.wait_for_ready(timeout=60)
    kernel.run("1+1")
    rounds, completions = [], []
    word = "pri" if language == "python" else "con"
    for _ in range(ROUNDS):
        started = time.perf_counter()
        kernel.reply(kernel.client.execute("1+1"))
        rounds.append(time.perf_counter() - started)
    for i in range(ROUNDS):
        started = time.perf_counter()
        kernel.reply(kernel.client.complete(word))
        completions.append(time.perf_counter() - started)
    time.sleep(3)
    result = {
        "ready": statistics.median(first),
        "start": statistics.median(starts),
        "round": statistics.median(rounds),
        "complete": statistics.median(completions),
        "memory": memory(kernel.manager.provisioner.pid),
        "features": features(kernel, language, argv, mode),
    }
    kernel.stop()
    return result


if __name__ == "__main__":
    language, mode, *argv = sys.argv[1:]
    # A kernel inherits what its parent ignores, and a job in the background ignores interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["JUPYTER_DATA_DIR"] = tempfile.mkdtemp()
    print(json.dumps(measure(language, mode, argv)))
