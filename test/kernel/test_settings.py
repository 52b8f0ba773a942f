"""Decorators of either kind, and a `tsconfig.json` beside the notebook."""

import json
import tempfile
import unittest
from pathlib import Path

from support import Kernel

LEGACY = """
const seen: unknown[] = [];
function dec(target: object, key: string, d: PropertyDescriptor) { const f = d.value; d.value = function (this: unknown, ...a: unknown[]) { return [f.apply(this, a)]; }; }
function par(target: object, key: string, index: number) { seen.push(`${key} ${index}`); }
function prop(target: object, key: string) { seen.push(key); }
function cls(target: Function) { seen.push(target.name); }
"""
STANDARD = "function std(f: (x: number) => number, context: ClassMethodDecoratorContext) { return (x: number) => f(x) * 10; }"


class Decorators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.kernel.run(LEGACY + STANDARD)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def test_each_cell_is_read_as_it_is_written(self):
        legacy = "seen.length = 0; @cls class A { @prop p = 1; @dec m(x: number, @par y = 2) { return x + y; } } [new A().m(1), ...seen]"
        standard = "class B { @std m(x: number) { return x; } } new B().m(2)"
        for code, text in [(legacy, "[ [ 3 ], 'p', 'm 1', 'A' ]"), (standard, "20"), (standard, "20"), (legacy, "[ [ 3 ], 'p', 'm 1', 'A' ]")]:
            with self.subTest(code):
                result = self.kernel.run(code)
                self.assertEqual(result.text, text, result.reply)
        self.assertEqual(self.kernel.run("new A().m(3) && new B().m(3)").text, "30")

    def test_what_is_wrong_either_way_is_refused(self):
        self.assertIn("decorator", self.kernel.run("class C { @5 m() {} }").reply["evalue"])


class Configured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = Path(cls.folder.name)
        (root / "lib").mkdir()
        (root / "lib/x.ts").write_text('import { y } from "@lib/y";\nexport const x: number = y + 1;\n')
        (root / "lib/y.ts").write_text("export const y = 1;\n")
        (root / "lib/j.js").write_text("export const j = 3;\n")
        cls.kernel = Kernel(cwd=root)
        cls.kernel.run(LEGACY + STANDARD)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def configure(self, text):
        Path(self.folder.name, "tsconfig.json").write_text(text if isinstance(text, str) else json.dumps({"compilerOptions": text}))

    def runs(self, code, text=None):
        result = self.kernel.run(code)
        self.assertEqual((result.status, result.text), ("ok", text), result.reply)

    def refused(self, code, message):
        self.assertIn(message, self.kernel.run(code).reply.get("evalue", ""))

    def test_strict(self):
        self.configure({})
        self.refused("const s: string = null", "Type 'null' is not assignable")
        self.configure({"strict": False})
        self.runs("const s: string = null")
        self.configure({"strict": True, "noImplicitAny": True, "noUncheckedIndexedAccess": True})
        self.refused("function f(a) { return a }", "Parameter 'a' implicitly has an 'any' type")
        self.refused("[1][0].toFixed()", "possibly 'undefined'")

    def test_paths(self):
        self.configure('{ // A comment, and a comma too many.\n "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] }, } }')
        self.runs("import { x } from '@lib/x'; x", "2")
        self.refused("const n: string = x", "Type 'number' is not assignable to type 'string'")
        self.runs("[(await import('@lib/y')).y, (await import('@lib/j')).j]", "[ 1, 3 ]")
        self.runs("import whole = require('@lib/y'); whole.y", "1")
        Path(self.folder.name, "lib/y.ts").write_text("export const y = 10;\n")
        self.runs("import { x } from '@lib/x'; x", "11")

    def test_decorators_are_of_the_kind_that_it_says(self):
        legacy, standard = "class A { @dec m() {} }", "class B { @std m(x: number) { return x; } }"
        self.configure({"experimentalDecorators": True})
        self.runs(legacy)
        self.refused(standard, "decorator")
        self.configure({"experimentalDecorators": False})
        self.runs(standard)
        self.refused(legacy, "decorator")

    def test_what_is_no_matter_of_cells_changes_nothing(self):
        self.configure({"target": "es5", "module": "commonjs", "moduleResolution": "node10", "outDir": "out", "noEmit": True, "composite": True, "isolatedModules": True, "removeComments": True, "noUnusedLocals": True, "verbatimModuleSyntax": True, "lib": ["es2022"]})
        self.runs("import { join } from 'node:path'; const f = async () => { for await (const x of [1]) return join('a', `${x}`); }; String(f).includes('__') || await f()", "'a/1'")
        self.assertFalse(Path(self.folder.name, "out").exists())

    def test_one_that_cannot_be_read_is_named(self):
        self.configure("{ ,")
        self.refused("1", "tsconfig.json:1, column 3")
        self.configure({"strct": True})
        self.refused("1", "Unknown compiler option 'strct'. Did you mean 'strict'?")
        self.configure({})
        self.runs("1", "1")


if __name__ == "__main__":
    unittest.main()
