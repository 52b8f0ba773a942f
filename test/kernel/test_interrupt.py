"""Stop stops, whatever the cell does; the session goes on with its variables."""

import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import Kernel

SETUP = """
let kept = 42;
let ticks = 0;
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
import { spawn, execSync } from "node:child_process";
import { Worker } from "node:worker_threads";
"""

BUSY = {
    "synchronous loop": "while (true) ticks++;",
    "await that never ends": "await new Promise(() => {})",
    "loop after an await": "await null; while (true) ticks++;",
    "loop after a timer": "await sleep(10); while (true) ticks++;",
    "loop in a timer": "setTimeout(() => { while (true) ticks++; }, 10); await sleep(100000)",
    "loop of awaits": "while (true) { await sleep(1); ticks++; }",
    "loop that catches everything": "while (true) { try { while (true) ticks++; } catch {} }",
    "loop that was not compiled here": 'new Function("for (;;);")()',
    "loop that was not compiled here, after an await": 'await null; new Function("for (;;);")()',
    "recursion": "function fib(n: number): number { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(80)",
    "regular expression": '/^(a+)+$/.test("a".repeat(50) + "b")',
    "child process": 'await new Promise((r) => spawn("sleep", ["1234"]).on("exit", r))',
    "child process that blocks": 'execSync("sleep 1234")',
    "worker": """const busy = new Worker("while (true);", { eval: true });
jupyter.signal.addEventListener("abort", () => void busy.terminate());
await new Promise((r) => busy.on("exit", r)); await sleep(100000)""",
}


class Interrupts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        assert cls.kernel.run(SETUP).status == "ok"

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def interrupt(self, code, times=1):
        msg_id = self.kernel.client.execute(code)
        time.sleep(0.5)
        started = time.monotonic()
        for _ in range(times):
            self.kernel.interrupt()
        result = self.kernel.collect(msg_id, timeout=5)
        return result, time.monotonic() - started

    def still_there(self):
        # The interrupt comes on another socket than the next cell: give it time to be first.
        time.sleep(0.5)
        result = self.kernel.run("kept", timeout=5)
        self.assertEqual(result.text, "42", result.reply)

    def test_within_a_second_and_variables_survive(self):
        for name, code in BUSY.items():
            with self.subTest(name):
                result, seconds = self.interrupt(code)
                self.assertEqual((result.status, result.reply["ename"]), ("error", "Interrupted"))
                # The target is 1 s, met by far; other tests may hold both cores.
                self.assertLess(seconds, 3)
                self.assertEqual(self.kernel.run("kept").text, "42")

    def test_twice_is_safe(self):
        for code in BUSY["synchronous loop"], BUSY["loop after an await"], BUSY["await that never ends"]:
            with self.subTest(code):
                result, _ = self.interrupt(code, times=2)
                self.assertEqual(result.reply["ename"], "Interrupted")
                self.assertEqual(self.kernel.run("kept").text, "42")

    def test_idle_is_safe(self):
        self.kernel.interrupt()
        time.sleep(0.3)
        self.assertEqual(self.kernel.run("kept").text, "42")

    def test_what_an_earlier_cell_left_behind(self):
        for name, code in {
            "a loop in a timer": "setTimeout(() => { while (true) ticks++; }, 500); 1",
            "a promise that nobody awaits": "void (async () => { await sleep(500); while (true) ticks++; })(); 1",
            "a storm of microtasks": "setTimeout(async () => { while (true) await null; }, 500); 1",
        }.items():
            with self.subTest(name):
                self.assertEqual(self.kernel.run(code).text, "1")
                time.sleep(0.8)
                self.kernel.interrupt()
                self.still_there()

    def test_a_handler_that_never_ends(self):
        client = self.kernel.client
        self.kernel.run("jupyter.onComm('stuck', () => { while (true) ticks++; });")
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "s", "target_name": "stuck", "data": {}}))
        time.sleep(0.3)
        self.kernel.interrupt()
        self.still_there()

    def test_a_child_that_will_not_hear_is_told_more_firmly(self):
        msg_id = self.kernel.client.execute("execSync(`sh -c \"trap '' INT; sleep 1238; sleep 1238\"`)")
        time.sleep(0.5)
        for _ in range(3):
            self.kernel.interrupt()
            time.sleep(0.5)
        self.assertEqual(self.kernel.collect(msg_id, timeout=5).reply["ename"], "Interrupted")
        self.assertEqual(self.kernel.run("kept").text, "42")

    def test_an_interrupted_cell_does_not_go_on(self):
        self.interrupt("ticks = 0; while (true) { await sleep(10); ticks++; }")
        before = self.kernel.run("ticks").text
        time.sleep(0.3)
        self.assertEqual(self.kernel.run("ticks").text, before)

    def test_finally_runs_and_the_signal_is_aborted(self):
        self.kernel.run("let cleaned = '';")
        self.interrupt("jupyter.signal.addEventListener('abort', () => { cleaned += 'signal '; }); try { while (true) ticks++; } finally { cleaned += 'finally'; }")
        self.assertIn("finally", self.kernel.run("cleaned").text)
        self.assertIn("signal", self.kernel.run("cleaned").text)

    def test_queued_cells_are_aborted(self):
        msg_id = self.kernel.client.execute("while (true);")
        queued = self.kernel.client.execute("1")
        time.sleep(0.5)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.reply(msg_id)["content"]["status"], "error")
        self.assertEqual(self.kernel.reply(queued)["content"]["status"], "aborted")


def alive(marker):
    """Processes of this machine whose command line holds the marker."""
    return subprocess.run(["pgrep", "-f", marker], capture_output=True, text=True).stdout.split()


class Leftovers(unittest.TestCase):
    def test_restart_ends_children_workers_and_temporary_files(self):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TMPDIR"] = folder
            self.addCleanup(os.environ.pop, "TMPDIR")
            kernel = Kernel()
            self.addCleanup(kernel.stop)
            kernel.run(
                'import { spawn } from "node:child_process"; import { Worker } from "node:worker_threads";\n'
                'spawn("sleep", ["4321.5"]); spawn("sh", ["-c", "sleep 4322.5; true"]);\n'
                'spawn("sh", ["-c", "trap \'\' TERM INT; sleep 4321.5; sleep 4321.5"]);\n'
                'new Worker("while (true);", { eval: true }); 1'
            )
            self.assertEqual(len(alive("^sleep 432[12].5")), 3)
            before = kernel.pid
            kernel.restart()
            self.assertNotEqual(kernel.pid, before)
            self.assertFalse(Path(f"/proc/{before}").exists() and "Z" not in Path(f"/proc/{before}/stat").read_text())
            self.assertEqual(alive("^sleep 432[12].5"), [])
            self.assertEqual(kernel.run("typeof kept", timeout=10).status, "error")
            self.assertEqual([name for name in os.listdir(folder) if "cellkernel" in name], [])

    def test_shutdown_during_a_synchronous_loop(self):
        kernel = Kernel()
        kernel.client.execute("while (true);")
        time.sleep(0.3)
        started = time.monotonic()
        kernel.stop()
        self.assertLess(time.monotonic() - started, 4)


if __name__ == "__main__":
    unittest.main()
