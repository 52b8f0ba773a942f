"""Bad input, and much of it: reported as the cell's error, the kernel alive with its variables."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from zmq.utils.monitor import parse_monitor_message

from support import KERNEL_NAME, ROOT, Kernel, installed_kernelspec, language_processes, running, until


def resident(pid):
    """Bytes of memory that a process holds."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def ended(events):
    """Whether a socket's monitor has heard that its connection ended."""
    while events.poll(0):
        if parse_monitor_message(events.recv_multipart())["event"] & zmq.EVENT_DISCONNECTED:
            return True
    return False


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.kernel.run('let kept = 42;\nimport { Worker } from "node:worker_threads";')

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def tearDown(self):
        self.assertEqual(self.kernel.run("kept").text, "42")

    def fails(self, code, evalue, ename="Error"):
        result = self.kernel.run(code)
        self.assertEqual(result.status, "error", result.outputs)
        self.assertEqual(result.reply["ename"], ename)
        self.assertIn(evalue, result.reply["evalue"])
        return result

    def test_process_exit(self):
        self.fails("process.exit(3)", "process.exit(3) would end the kernel")
        self.fails("await null; process.exit()", "would end the kernel")

    def test_throw_in_a_timer(self):
        result = self.fails("setTimeout(() => {\n  throw new Error('late');\n}, 10);\nawait new Promise(() => {})", "late")
        self.assertIn(":2:9", result.traceback)

    def test_throw_in_a_timer_after_the_cell(self):
        msg_id = self.kernel.client.execute("setTimeout(() => { throw new Error('much later'); }, 200); 1")
        self.assertEqual(self.kernel.collect(msg_id).status, "ok")
        error = self.kernel.iopub("error")
        self.assertEqual((error["parent_header"]["msg_id"], error["content"]["evalue"]), (msg_id, "much later"))

    def test_unhandled_rejection(self):
        self.fails("Promise.reject(new Error('nobody caught')); await new Promise((r) => setTimeout(r, 50))", "nobody caught")
        self.fails("void (async () => { throw new TypeError('nor this') })(); 1", "nor this", "TypeError")

    def test_unhandled_error_event(self):
        self.fails('import { EventEmitter } from "node:events"; new EventEmitter().emit("error", new Error("event"))', "event")
        self.fails('import { spawn } from "node:child_process"; spawn("no-such-program"); await new Promise((r) => setTimeout(r, 500))', "ENOENT")

    def test_stack_overflow(self):
        self.fails("const deep = (): number => deep() + 1; deep()", "call stack", "RangeError")
        self.fails("await null; deep()", "call stack", "RangeError")

    def test_out_of_memory_in_a_worker(self):
        result = self.kernel.run(
            "const hungry = new Worker('const a = []; for (;;) a.push(new Array(1e5).fill(1))', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });\n"
            "await new Promise((_, reject) => hungry.on('error', reject))", timeout=60)
        self.assertEqual((result.status, result.reply["evalue"][:10]), ("error", "Worker ter"))

    def test_out_of_memory_that_can_be_caught(self):
        self.fails("new Array(2 ** 32)", "Invalid array length", "RangeError")
        self.fails("'x'.repeat(2 ** 30)", "Invalid string length", "RangeError")

    def test_things_that_are_hard_to_show(self):
        for code in [
            "({ get a() { throw new Error('getter') } })",
            "new Proxy({}, { get() { throw new Error('proxy') } })",
            "({ toMime() { throw new Error('own') } })",
            "({ toMime() { return 1 } })",
            "Object.create(null)",
            "const ring: any = {}; ring.self = ring; ring",
            "({ [Symbol.for('Jupyter.mime')]: async () => ({ 'text/html': 1n }) })",
            "throw null",
            "throw { toString() { throw 1 } }",
            "throw Object.assign(new Error('x'), { stack: 5 })",
        ]:
            with self.subTest(code):
                self.assertIn(self.kernel.run(code).status, ("ok", "error"))

    def test_what_cannot_be_read_ends_its_cell_all_the_same(self):
        trap = "{ get() { throw 1 }, getPrototypeOf() { throw new Error('trap') }, has() { throw 3 }, ownKeys() { throw 4 } }"
        hostile = f"new Proxy({{}}, {trap})"
        getter = lambda name: f"Object.defineProperty(new Error('told'), '{name}', {{ get() {{ throw new Error('hidden') }} }})"
        for thrown, ename, evalue in [
            ("{ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('why') } }", "Error", "why"),
            ("{ get [Symbol.toStringTag]() { throw new Error('why') } }", "Error", "why"),
            (getter("name"), "Error", "told"),
            (getter("message"), "Error", "hidden"),
            (getter("stack"), "Error", "told"),
            (getter("cause"), "Error", "told"),
            (hostile, "Error", "{}"),
            ("Object.assign(new Error('told'), { name: { toString() { throw 1 } } })", "Error", "told"),
            (f"new AggregateError([{hostile}], 'told')", "AggregateError", "told"),
        ]:
            for code in (f"throw {thrown}", f"setTimeout(() => {{ throw {thrown} }}, 10); await new Promise((r) => setTimeout(r, 5000))", f"Promise.reject({thrown}); await new Promise((r) => setTimeout(r, 5000))"):
                with self.subTest(code):
                    result = self.kernel.run(code, timeout=5)
                    self.assertEqual((result.status, result.reply["ename"]), ("error", ename))
                    self.assertIn(evalue, result.reply["evalue"])
        self.assertEqual(self.kernel.run("1", user_expressions={"odd": "{ toMime: () => ({ 'text/plain': 'x', f: () => 1 }) }"}).status, "ok")

    def test_source_that_is_hard_to_read(self):
        for code, status in [
            ("", "ok"), ("   \n\n", "ok"), ("// only a comment", "ok"), ("/* open", "error"), ("`open", "error"), ("}", "error"),
            ("\ufeff1", "ok"), ("'😀'.length", "ok"), ("#!shebang", "ok"), ("return 1", "error"), ("\x00", "error"), ("import", "error"),
            ("export default 5", "ok"), ("'use strict'; 1", "ok"), ("1\r\n+\r\n2", "ok"), ("{}".join(["("] * 1000), "error"),
        ]:
            with self.subTest(code[:20]):
                self.assertEqual(self.kernel.run(code).status, status)

    def test_a_large_cell(self):
        code = "const big = [\n" + "  { a: 1, b: 'text' },\n" * 20_000 + "]; big.length"
        self.assertEqual(self.kernel.run(code, timeout=60).text, "20000")

    def test_fifty_megabytes_of_output(self):
        result = self.kernel.run("for (let i = 0; i < 50_000; i++) console.log('x'.repeat(1000))", timeout=60)
        size = sum(len(content["text"]) for content in result.of("stream"))
        self.assertLess(size, 2_100_000)
        self.assertIn("[cut: this cell has written 2 million characters", result.stream("stderr"))
        result = self.kernel.run("'x'.repeat(50_000_000)", timeout=60)
        self.assertLess(len(result.text), 60_000)
        self.assertIn("more characters", result.text)
        result = self.kernel.run("Array.from({ length: 1e6 }, (_, i) => ({ i }))", timeout=60)
        self.assertLess(len(result.text), 60_000)

    def test_signals(self):
        self.kernel.manager.signal_kernel(2)


class Death(unittest.TestCase):
    def test_a_kernel_that_runs_out_of_memory_says_why(self):
        with tempfile.TemporaryFile() as log:
            kernel = Kernel(env={**os.environ, "NODE_OPTIONS": "--max-old-space-size=100"}, stderr=log)
            kernel.client.execute("const all: number[][] = []; for (;;) all.push(new Array(1e5).fill(Math.random()))")
            until("the end of the kernel", lambda: not kernel.manager.is_alive(), 60)
            log.seek(0)
            self.assertIn(b"JavaScript heap out of memory", log.read())

    def test_a_language_process_that_dies_is_replaced(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        kernel.run("const outlives = { a: 1 };")
        kernel.run("throw new Error('not committed')")
        [language] = language_processes(kernel)
        os.kill(language, 9)
        self.assertEqual(kernel.run("const after = outlives.a + 1; after").text, "2")
        self.assertEqual(kernel.reply(kernel.client.complete("outlives.", 9))["content"]["matches"], ["a"])

    def test_a_language_process_that_does_not_start_is_an_error(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        killed = set()
        while len(killed) < 4:
            for pid in until("the next language process", lambda: set(language_processes(kernel)) - killed):
                os.kill(pid, 9)
                killed.add(pid)
        result = kernel.run("const again = 1; again", timeout=30)
        self.assertIn(result.status, ("ok", "error"))
        while result.status == "error":
            self.assertIn("does not start", result.reply["evalue"])
            result = kernel.run("const again = 1; again", timeout=30)
        self.assertEqual(result.text, "1")

    def test_garbage_on_every_port(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        info = kernel.manager.get_connection_info()
        for name, port in ((name, port) for name, port in info.items() if name.endswith("_port")):
            for _ in range(10):
                with socket.create_connection(("127.0.0.1", port)) as peer:
                    peer.sendall(b"GET / HTTP/1.1\r\n\r\n" + os.urandom(5000))
        self.assertEqual(kernel.run("1 + 1").text, "2")

    def test_a_huge_message_of_a_stranger_is_not_taken_in(self):
        kernel = Kernel()
        try:
            before = resident(kernel.pid)
            for port in ("shell_port", "stdin_port"):
                with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
                    stranger.linger = 0
                    stranger.connect(f"tcp://127.0.0.1:{getattr(kernel.manager, port)}")
                    with stranger.get_monitor_socket() as events:
                        stranger.send(bytes(2**26 + 1))
                        until("the end of the connection", lambda: ended(events))
            self.assertLess(resident(kernel.pid) - before, 150e6)
            self.assertEqual(kernel.run("6 * 7").text, "42")
        finally:
            kernel.stop()

    def test_a_message_that_is_sent_again_is_not_run_again(self):
        kernel = Kernel()
        try:
            session = kernel.client.session
            content = {"code": "globalThis.runs = (globalThis.runs ?? 0) + 1", "silent": False}
            frames = session.serialize(session.msg("execute_request", content))
            for _ in range(5):
                kernel.client.shell_channel.socket.send_multipart(frames)
            self.assertEqual(kernel.run("globalThis.runs").text, "1")
        finally:
            kernel.stop()

    def test_a_connection_file_that_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "connection.json")
            good = {"ip": "127.0.0.1", "transport": "tcp", "key": "", "signature_scheme": "hmac-sha256"}
            good |= {f"{name}_port": 1 for name in ("shell", "iopub", "stdin", "control", "hb")}
            for content, named in (
                ("[]", "ip"), ("{", "JSON"), (json.dumps(good | {"transport": "udp"}), "transport"),
                (json.dumps(good | {"hb_port": "x"}), "hb_port"), (json.dumps(good | {"signature_scheme": "hmac-none"}), "signature_scheme"),
            ):
                file.write_text(content)
                ended = subprocess.run(["node", str(ROOT / "dist/kernel/main.js"), str(file)], capture_output=True, text=True, timeout=20)
                self.assertEqual(ended.returncode, 2)
                self.assertIn(named, ended.stderr)
                self.assertIn(str(file), ended.stderr)

    def test_a_home_that_cannot_be_written(self):
        kernel = Kernel(env={**os.environ, "HOME": "/proc/nowhere", "JUPYTER_DATA_DIR": "/proc/nowhere/jupyter"})
        self.addCleanup(kernel.stop)
        self.assertEqual(kernel.run("1 + 1").text, "2")

    def test_two_kernels_at_once_have_histories_of_their_own(self):
        first, second = Kernel(), Kernel()
        self.addCleanup(first.stop)
        self.addCleanup(second.stop)
        first.run("'of the first'")
        second.run("'of the second'")
        for kernel, code in ((first, "'of the first'"), (second, "'of the second'")):
            request = kernel.client.history(hist_access_type="range", session=0, start=0, stop=100, raw=True, output=False)
            self.assertEqual([entry[2] for entry in kernel.reply(request)["content"]["history"]], [code])

    def test_a_kernel_without_its_front_end_ends(self):
        installed_kernelspec()
        with tempfile.TemporaryDirectory() as folder:
            code = (
                "import sys; sys.path.insert(0, sys.argv[1]); from support import Kernel; import os\n"
                "kernel = Kernel(); print(kernel.pid, flush=True); os._exit(0)"
            )
            out = subprocess.run([sys.executable, "-c", code, str(ROOT / "test/kernel")], capture_output=True, text=True, cwd=folder)
            pid = int(out.stdout.strip().split("\n")[-1])
            until("the end of the kernel", lambda: not running(pid))


class Starting(unittest.TestCase):
    def test_ipc(self):
        with tempfile.TemporaryDirectory() as folder:
            kernel = Kernel(transport="ipc", ip=os.path.join(folder, "kernel"))
            self.addCleanup(kernel.stop)
            self.assertEqual(kernel.run("1 + 1").text, "2")

    def test_a_port_that_is_taken_is_said(self):
        with socket.socket() as taken, tempfile.TemporaryDirectory() as folder:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            free = [socket.socket() for _ in range(4)]
            for one in free:
                one.bind(("127.0.0.1", 0))
            ports = [one.getsockname()[1] for one in free]
            for one in free:
                one.close()
            names = ["shell_port", "control_port", "stdin_port", "hb_port", "iopub_port"]
            for name in names:
                others = iter(ports)
                given = {n: taken.getsockname()[1] if n == name else next(others) for n in names}
                file = Path(folder, "connection.json")
                file.write_text(json.dumps(given | {"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256"}))
                ended = subprocess.run(["node", str(ROOT / "dist/kernel/main.js"), str(file)], capture_output=True, text=True, timeout=30)
                self.assertEqual((ended.returncode, ended.stderr.strip()), (1, "cellkernel: Error: Address already in use"), name)

    def test_install(self):
        with tempfile.TemporaryDirectory() as folder:
            program = str(ROOT / "dist/kernel/install.js")
            run = lambda *args: subprocess.run(["node", program, *args], capture_output=True, text=True, cwd=folder)
            self.assertEqual(run("install", "--prefix", "here").returncode, 0)
            self.assertEqual(run("install", "--prefix", "here", "--name", "cellkernel-next", "--display-name", "Next").returncode, 0)
            specs = KernelSpecManager(kernel_dirs=[f"{folder}/here/share/jupyter/kernels"], ensure_native_kernel=False)
            self.assertLessEqual({"cellkernel", "cellkernel-next"}, set(specs.find_kernel_specs()))
            spec = specs.get_kernel_spec("cellkernel")
            self.assertEqual((spec.display_name, spec.language, spec.interrupt_mode), ("TypeScript (Cellkernel)", "typescript", "message"))
            self.assertTrue(all(os.path.isabs(part) for part in spec.argv[:2]) and os.path.exists(spec.argv[1]))
            self.assertEqual(specs.get_kernel_spec("cellkernel-next").display_name, "Next")
            self.assertLessEqual({"logo-svg", "logo-64x64"}, {path.stem for path in Path(spec.resource_dir).iterdir()})
            bad = run("install", "--prefix", "here", "--name", "no good")
            self.assertEqual(bad.returncode, 1)
            self.assertIn('The kernel\'s name is "no good"', bad.stderr)
            for name in (".", ".."):
                self.assertIn("The kernel's name is", run("install", "--prefix", "here", "--name", name).stderr)
            self.assertIn("prefix is empty", run("install", "--prefix", "").stderr)
            self.assertIn("display name is empty", run("install", "--prefix", "here", "--display-name", "").stderr)
            self.assertIn("Give one of", run("install", "--user", "--prefix", "x").stderr)
            self.assertIn("usage:", run("remove").stderr)

    def test_install_where_jupyter_looks(self):
        with tempfile.TemporaryDirectory() as folder:
            home = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG"))}
            home |= {"HOME": folder, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            program = str(ROOT / "dist/src/cli/main.js")
            listed = [sys.executable, "-c", "from jupyter_client.kernelspec import find_kernel_specs as f; print(f().get('cellkernel'))"]
            for place in ("--user", "--sys-prefix"):
                told = subprocess.run(["node", program, "kernel", "install", place], capture_output=True, text=True, env=home, cwd=folder)
                self.assertEqual(told.returncode, 0, told.stderr)
                found = subprocess.run(listed, capture_output=True, text=True, env=home, cwd=folder).stdout.strip()
                self.assertIn(found, told.stdout)
                self.assertTrue(found.startswith(folder if place == "--user" else sys.prefix), found)
                shutil.rmtree(found)


if __name__ == "__main__":
    unittest.main()
