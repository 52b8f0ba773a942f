"""What runs alone: what is measured, and what takes away from every kernel what it starts with."""

import json
import statistics
import subprocess
import time
import unittest
from pathlib import Path

from support import ROOT, Kernel, installed_kernelspec, until


class Alive(unittest.TestCase):
    def test_answers_while_a_model_is_fine_tuned(self):
        kernel = Kernel(cwd=ROOT / "notebooks")
        self.addCleanup(kernel.stop)
        kernel.run('jupyter.onComm("ping", (comm) => comm.onMessage((data) => comm.send(data)));')
        ready = kernel.run(
            'import { finetune, interruptedRun, openModel, preprocess, readH5ad } from "cellkernel";\n'
            'const cells = await readH5ad("data/pbmc68k_reduced.h5ad");\n'
            'const model = await openModel("models/small");\n'
            'const ready = await preprocess(cells, { cellType: "bulk_labels", model, nHvg: 600 }); 1', timeout=60)
        self.assertEqual(ready.text, "1", ready.traceback)
        client = kernel.client
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "p", "target_name": "ping", "data": {}}))
        kernel.reply(client.complete("cells.", 6))
        cell = client.execute("await finetune(ready, { epochs: 10_000, batchSize: 16, maxSeqLen: 128 })")
        while kernel.iopub("update_display_data", 30)["content"]["data"]["text/plain"].count("step 0 ") > 0:
            pass
        for name, ask in {
            "completion": lambda: self.assertIn("obs", kernel.reply(client.complete("cells.", 6))["content"]["matches"]),
            "inspection": lambda: self.assertTrue(kernel.reply(client.inspect("cells", 3))["content"]["found"]),
            "comm": lambda: (client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": "p", "data": 1})), kernel.iopub("comm_msg")),
        }.items():
            with self.subTest(name):
                times = []
                for _ in range(15):
                    started = time.monotonic()
                    ask()
                    times.append(time.monotonic() - started)
                # The target is 0.1 s; other tests may hold the cores that the training leaves.
                self.assertLess(statistics.median(times), 0.5)
        kernel.interrupt()
        self.assertEqual(kernel.reply(cell)["content"]["ename"], "Interrupted")
        kept = kernel.run("const run = await interruptedRun(); [run.training.state, run.training.step > 0, run.weights.size > 0]", timeout=30)
        self.assertEqual(kept.text, "[ 'stopped', true, true ]", kept.traceback)


class Snapshot(unittest.TestCase):
    def test_a_broken_snapshot_is_replaced(self):
        installed_kernelspec()
        module = json.dumps(str(ROOT / "dist/kernel/language/snapshot.js"))
        told = subprocess.run(["node", "-e", f"import({module}).then((m) => console.log(m.snapshotFiles().blob))"], capture_output=True, text=True)
        blob = Path(told.stdout.strip())
        size = blob.stat().st_size
        blob.write_bytes(b"not a snapshot")
        # The kernel starts without, and makes another.
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        self.assertEqual(kernel.run("1 + 1", timeout=60).text, "2")
        until("another snapshot", lambda: blob.exists() and blob.stat().st_size > size / 2, 120)


if __name__ == "__main__":
    unittest.main()
