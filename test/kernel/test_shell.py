"""Packages are installed from a cell, and commands run in a shell."""

import json
import tempfile
import unittest
from pathlib import Path

from support import Kernel


class Shell(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        # Above the notebook stands a project, which is none of its business.
        Path(cls.folder.name, "package.json").write_text("{}")
        cls.notebook = Path(cls.folder.name, "note book")
        for name, version, files in [
            ("common", "1.0.0", {"i.js": "exports.v = 1;", "i.d.ts": "export const v: 1;"}),
            ("common-next", "2.0.0", {"i.js": "exports.w = 2;", "i.d.ts": "export const w: 2;"}),
            ("esm", "1.0.0", {"i.js": "export const e = 3;"}),
        ]:
            package = cls.notebook / "packages" / name
            package.mkdir(parents=True)
            manifest = {"name": name.removesuffix("-next"), "version": version, "main": "i.js", "types": "i.d.ts"}
            (package / "package.json").write_text(json.dumps(manifest | ({"type": "module"} if name == "esm" else {})))
            for file, text in files.items():
                (package / file).write_text(text)
        cls.kernel = Kernel(cwd=cls.notebook)
        cls.kernel.run("const ready = true; const grep = 5;")

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def test_installing_and_importing_in_one_cell(self):
        for code in ("import { v } from 'common'; v", "require('common').v", "(await import('esm' as string)).e"):
            self.assertEqual(self.kernel.run(code).status, "error")
        result = self.kernel.run("%npm install ./packages/common ./packages/esm\nimport { v } from 'common'; v", timeout=60)
        self.assertEqual(result.text, "1", result.reply)
        self.assertIn("added 2 packages", result.stream())
        self.assertTrue((self.notebook / "node_modules/common").exists())
        self.assertEqual(self.kernel.run("[require('common').v, (await import('esm' as string)).e]").text, "[ 1, 3 ]")
        # Another version is read for its types.
        self.assertEqual(self.kernel.run("%npm install ./packages/common-next\nimport type { w } from 'common'; const typed: typeof w = 2;", timeout=60).status, "ok")
        self.assertIn("has no exported member 'v'", self.kernel.run("import { v } from 'common'").reply["evalue"])

    def test_what_npm_refuses_ends_the_cell(self):
        result = self.kernel.run("%npm no-such-command\n'not reached'", timeout=60)
        self.assertEqual((result.status, result.text, result.reply["evalue"]), ("error", None, "npm no-such-command: exit code 1"))
        self.assertIn("Unknown command", result.stream() + result.stream("stderr"))
        self.assertEqual(self.kernel.run("%npm").reply["evalue"], "%npm takes a command of npm, such as %npm install NAME")

    def test_a_missing_package_names_the_magic(self):
        for specifier, hint in [
            ("no-such-thing", "%npm install no-such-thing."),
            ("no-such-thing/deep/er.js", "%npm install no-such-thing."),
            ("@no/such-thing/deep", "%npm install @no/such-thing."),
            ("npm:no-such-thing@4/fp", "%npm install no-such-thing, and import it from 'no-such-thing'."),
            ("npm:@no/thing@^1.0.0", "%npm install @no/thing, and import it from '@no/thing'."),
        ]:
            for code in (f'import x from "{specifier}"', f'await import("{specifier}")'):
                with self.subTest(code):
                    self.assertIn(f"Install it with {hint}", self.kernel.run(code).reply["evalue"])
        for specifier in ("./nothing", "/nothing", "node:nothing", "https://no/thing.js"):
            with self.subTest(specifier):
                result = self.kernel.run(f'import x from "{specifier}"')
                self.assertIn("Cannot find module", result.reply["evalue"])
                self.assertNotIn("%npm", result.reply["evalue"])

    def test_commands(self):
        for code, out, err in [
            ("!echo hi; echo there >&2; basename \"$PWD\"", "hi\nnote book\n", "there\n"),
            ("  !echo 'a b' | tr a-z A-Z", "A B\n", ""),
            ("!echo one\n\n!echo two\nconsole.log('three')", "one\ntwo\nthree\n", ""),
            ("!/bin/echo path", "path\n", ""),
            ("!$(which echo) dollar", "dollar\n", ""),
            ("!grep -c x /dev/null || true", "0\n", ""),
        ]:
            with self.subTest(code):
                result = self.kernel.run(code)
                self.assertEqual((result.status, result.stream(), result.stream("stderr")), ("ok", out, err))
        failed = self.kernel.run("!echo said; exit 3\n'not reached'")
        self.assertEqual((failed.status, failed.stream(), failed.reply["evalue"]), ("error", "said\n", "echo said; exit 3: exit code 3"))

    def test_lines_keep_their_numbers(self):
        self.assertIn("(line 3, column 7)", self.kernel.run("!true\n\nconst n: number = 'x'").reply["evalue"])

    def test_what_negates_is_code(self):
        for code, text in [
            ("!ready", "false"), ("!!ready", "true"), ("!(1 as number)", "false"), ("!ready &&\n5", "false"), ("!await null", "true"),
            ("!/x/.test('y')", "true"), ("!globalThis", "false"), ("!(\n0)", "true"), ("!typeof ready", "false"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code).text, text)

    def test_an_interrupt_ends_a_command(self):
        msg_id = self.kernel.client.execute("!echo begun; sleep 1240")
        self.kernel.iopub("stream")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")


if __name__ == "__main__":
    unittest.main()
