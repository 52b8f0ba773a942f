"""Completion of what only the value knows, and answers before TypeScript is there."""

import os
import signal
import time
import unittest

from support import Kernel, language_processes


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.kernel.run(
            "const cfg = JSON.parse('{ \"rate\": 0.1, \"model\": { \"layers\": [{ \"size\": 8 }], \"a b\": 1 } }'); const row: unknown = { name: 'x' };\n"
            "const record: Record<string, number> = { first: 1, second: 2 }; const plain: object = { inner: 1 }; let touched = 0;\n"
            "class Thing { own = 1; method() {} get costly() { touched++; return { never: 1 }; } } const thing: any = new Thing();\n"
            "const trap: any = new Proxy({}, { ownKeys() { touched++; return []; }, getOwnPropertyDescriptor() { touched++; return undefined; } });\n"
            "const typed = { known: 1 }; const list: any = [1, 2];"
        )

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def complete(self, code):
        """What the completion at `|` offers."""
        at = code.index("|")
        return self.kernel.reply(self.kernel.client.complete(code.replace("|", "", 1), at))["content"]

    def test_names_that_the_value_has(self):
        for code, matches in [
            ("cfg.|", ["rate", "model"]),
            ("cfg.ra|", ["rate"]),
            ("1 + cfg.RA| + 2", ["rate"]),
            ("cfg?.mo|", ["model"]),
            ("cfg!.mo|", ["model"]),
            ("(cfg as any).mo|", ["model"]),
            ("cfg\n  .mo|", ["model"]),
            ("console.log(cfg.model.|)", ["layers"]),
            ("cfg.model.layers[0].|", ["size"]),
            ("cfg['model'].la|", ["layers"]),
            ("cfg.model['|']", ["layers", "a b"]),
            ("cfg.model[\"a|", ["a b"]),
            ("row.|", ["name"]),
            ("record.|", ["first", "second"]),
            ("plain.|", ["inner"]),
            ("thing.|", ["own", "method", "costly"]),
            ("thing.costly.|", []),
            ("trap.|", []),
            ("typed.|", ["known"]),
            ("cfg.nothing.|", []),
            ("((cfg: any) => cfg.|)", []),
            ("{ const cfg: any = 1; cfg.| }", []),
        ]:
            with self.subTest(code):
                self.assertEqual(self.complete(code)["matches"], matches)
        self.assertIn("push", self.complete("list.|")["matches"])
        self.assertEqual(self.kernel.run("touched").text, "0")

    def test_where_they_go_and_what_they_are(self):
        reply = self.complete("'😀' + thing.me| + 1")
        self.assertEqual((reply["matches"], reply["cursor_start"], reply["cursor_end"]), (["method"], 12, 14))
        self.assertEqual(reply["metadata"]["_jupyter_types_experimental"][0], {"start": 12, "end": 14, "text": "method", "type": "function", "signature": ""})

    def test_a_cell_that_computes_is_not_waited_for(self):
        msg_id = self.kernel.begin("begun(); while (true);")
        self.assertEqual(self.complete("cfg.|")["matches"], [])
        self.kernel.interrupt()
        self.kernel.collect(msg_id)
        # While one awaits, main answers.
        msg_id = self.kernel.begin("begun(); await new Promise(() => {})")
        self.assertEqual(self.complete("cfg.|")["matches"], ["rate", "model"])
        self.kernel.interrupt()
        self.kernel.collect(msg_id)


class Warming(unittest.TestCase):
    def test_is_complete_does_not_wait_for_typescript(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        [language] = language_processes(kernel)
        # As it is while it starts: there, and deaf.
        os.kill(language, signal.SIGSTOP)
        self.addCleanup(os.kill, language, signal.SIGCONT)
        for code, answer in [("1 + 1", {"status": "complete"}), ("f({", {"status": "incomplete", "indent": "  "}), ("}", {"status": "invalid"})]:
            started = time.monotonic()
            self.assertEqual(kernel.reply(kernel.client.is_complete(code))["content"], answer)
            # A console gives up after a second.
            self.assertLess(time.monotonic() - started, 1)


if __name__ == "__main__":
    unittest.main()
