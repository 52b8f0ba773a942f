"""TypeScript in cells: what runs, what is typed, what is refused."""

import json
import tempfile
import unittest
from pathlib import Path

from support import Kernel


class Cells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = Path(cls.folder.name)
        (root / "helper.ts").write_text(
            'import { base } from "./base.js";\nexport * from "./base";\n'
            "export function scaled(x: number): number {\n  return base * x;\n}\n"
            "export class Thing { v = 1; }\nexport default 'the default';\n"
        )
        (root / "base.ts").write_text("export const base = 10;\nexport let count = 0;\nexport const add = () => ++count;\n")
        (root / "data.json").write_text('{ "rows": [1, 2, 3] }')
        (root / "broken.ts").write_text("\nexport const z: number = 'text';\n")
        (root / "throws.ts").write_text("export function fail() {\n  throw new Error('from a file');\n}\n")
        for name, package, files in [
            ("esm-only", {"type": "module", "exports": {".": {"types": "./i.d.ts", "import": "./i.js"}, "./sub": {"types": "./sub.d.ts", "import": "./sub.js"}}},
             {"i.js": "export const late = await Promise.resolve('late');", "i.d.ts": "export declare const late: string;",
              "sub.js": "export const inner = 7;", "sub.d.ts": "export declare const inner: 7;"}),
            ("common", {"main": "m.js", "types": "m.d.ts"},
             {"m.js": "const made = { a: 1, b: 2 }; module.exports = made;", "m.d.ts": "export declare const a: number; export declare const b: number;"}),
            ("common-default", {"main": "m.js", "types": "m.d.ts"},
             {"m.js": "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = (x) => x + 1;", "m.d.ts": "export default function (x: number): number;"}),
            ("untyped", {"main": "m.js"}, {"m.js": "exports.any = 'thing';"}),
        ]:
            folder = root / "node_modules" / name
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0", **package}))
            for file, text in files.items():
                (folder / file).write_text(text)
        cls.kernel = Kernel(cwd=cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def gives(self, code, text):
        result = self.kernel.run(code)
        self.assertEqual(result.text, text, result.reply)

    def refused(self, code, message):
        result = self.kernel.run(code)
        self.assertEqual(result.reply.get("ename"), "TypeScriptError", result.reply)
        self.assertIn(message, result.reply["evalue"])

    def test_top_level_await_in_every_form(self):
        for code, text in [
            ("await Promise.resolve(1)", "1"),
            ("await (async () => 2)()", "2"),
            ("await (3)", "3"),
            ("(await Promise.resolve([4]))[0]", "4"),
            ("const aw = await Promise.resolve(5); aw", "5"),
            ("const { k: aw2 } = await Promise.resolve({ k: 6 }); aw2", "6"),
            ("let total = 0; for await (const v of (async function* () { yield 3; yield 4; })()) total += v; total", "7"),
            ("`${await Promise.resolve(8)}`", "'8'"),
            ("if (await Promise.resolve(true)) { 9 }\n9", "9"),
            ("try { await Promise.reject(new Error('x')) } catch { }\n10", "10"),
            ("await\n(11)", "11"),
        ]:
            with self.subTest(code):
                self.gives(code, text)

    def test_results(self):
        for code, text in [
            ("1 + 1", "2"),
            ("1 + 1;", "2"),
            ("1 // comment", "1"),
            ("({ a: 1 })", "{ a: 1 }"),
            ("Promise.resolve(1)", "Promise { 1 }"),
            ("[1, 'a', null, undefined]", "[ 1, 'a', null, undefined ]"),
            ("null", "null"),
            ("undefined", None),
            ("const declared = 1", None),
            ("let assigned; assigned = 3", "3"),
            ("new Map([[1, { a: 2 }]])", "Map(1) { 1 => { a: 2 } }"),
        ]:
            with self.subTest(code):
                self.gives(code, text)

    def test_names_are_shared_and_declared_again(self):
        self.gives("const again = 1; again", "1")
        self.gives("const again = 'now a string'; again", "'now a string'")
        self.gives("class K { v = 1 } new K().v", "1")
        self.gives("class K { w = 2 } new K().w", "2")
        self.refused("new K().v", "Property 'v' does not exist")
        self.gives("let counter = 1; counter", "1")
        self.gives("counter += 2; counter++; counter", "4")
        self.refused("again = 'x'", "Cannot assign to 'again' because it is a constant")
        self.gives("interface Shape { side: number }\ntype Both = Shape & { name: string };\nenum Kind { A, B }\nnamespace Space { export const inner = 5; }", None)
        self.gives("const both: Both = { side: Kind.B, name: 'n' }; [both, Space.inner]", "[ { side: 1, name: 'n' }, 5 ]")
        self.refused("const wrong: Both = { side: 1 }", "Property 'name' is missing")

    def test_functions_of_earlier_cells_see_later_definitions(self):
        self.gives("function inner() { return 'old'; }\nfunction outer() { return inner(); }\nouter()", "'old'")
        self.gives("function inner() { return 'new'; }\nouter()", "'new'")

    def test_declarations_of_every_kind(self):
        for code, text in [
            ("const { p, q: [r, , s = 9], ...others } = { p: 1, q: [2, 3], t: 4, u: 5 }; [p, r, s, others]", "[ 1, 2, 9, { t: 4, u: 5 } ]"),
            ("[p, r, s, others.t]", "[ 1, 2, 9, 4 ]"),
            ("var v = 1; v", "1"),
            ("let x1 = 1, x2 = x1 + 1; x2", "2"),
            ("({ p: x1, q: x2 } = { p: 10, q: 20 }); [x1, x2]", "[ 10, 20 ]"),
            ("({ x1, x2 })", "{ x1: 10, x2: 20 }"),
            ("const arrow = (n: number) => n * x1; arrow.name + arrow(2)", "'arrow20'"),
            ("class Own { static one = new Own(); m() { return Own.one; } } Own.one.m() === Own.one", "true"),
            ("function hoisted() { return later; } const later = 5; hoisted()", "5"),
            ("early(); function early() { return 6; }", None),
            ("early()", "6"),
            ("function over(a: string): string;\nfunction over(a: number): number;\nfunction over(a: any) { return a; }\nover(7)", "7"),
            ("abstract class Base { abstract f(): number } class Derived extends Base { f() { return 8; } } new Derived().f()", "8"),
            ("export const exported = 9; exported", "9"),
            ("label: for (const i of [1, 2]) { for (;;) continue label; }\n10", "10"),
            ("const o = { m() { return this === o; } }; o.m()", "true"),
            ("(function (this: unknown) { return this; })()", None),
            ("const tagged = (s: TemplateStringsArray) => s[0]; tagged`t`", "'t'"),
            ("{ const arrow = 1; arrow }\narrow(1)", "10"),
            ("((arrow: number) => arrow)(3)", "3"),
        ]:
            with self.subTest(code):
                self.gives(code, text)

    def test_a_cell_that_fails_keeps_what_it_reached(self):
        self.kernel.run("const stays = 'old';")
        result = self.kernel.run("const reached = 1; if (reached) throw new Error('x'); const stays = 2;")
        self.assertEqual(result.status, "error")
        self.gives("[reached, stays.length]", "[ 1, 3 ]")

    def test_type_errors_do_not_run(self):
        self.kernel.run("let touched = false;")
        result = self.kernel.run("touched = true;\n\nconst n: number = 'text';")
        self.assertIn("Type 'string' is not assignable to type 'number'. (line 3, column 7)", result.reply["evalue"])
        self.assertIn("const n: number = 'text';", result.traceback)
        self.gives("touched", "false")
        self.refused("nothing_of_this_name", "Cannot find name")
        self.refused("const = 1", "Variable declaration expected")

    def test_modules_of_node(self):
        self.gives('import { join } from "node:path"; import fs from "fs"; import * as os from "node:os"; [join("a", "b"), typeof fs.readFileSync, typeof os.cpus]', "[ 'a/b', 'function', 'function' ]")
        self.gives('require("node:path").sep', "'/'")
        self.refused("join(1)", "Argument of type 'number'")

    def test_packages_beside_the_notebook(self):
        self.gives('import { late } from "esm-only"; late', "'late'")
        self.gives('import { inner as sub } from "esm-only/sub"; sub', "7")
        self.refused("const t: 8 = sub", "Type '7' is not assignable to type '8'")
        self.gives('import { a, b } from "common"; import * as common from "common"; [a, b, common.b]', "[ 1, 2, 2 ]")
        self.gives('import increment from "common-default"; increment(1)', "2")
        self.gives('import { any } from "untyped"; any', "'thing'")
        self.gives('(await import("esm-only")).late', "'late'")
        self.refused('import { none } from "esm-only"', "has no exported member")
        self.refused('import "not-installed-anywhere"; import x from "not-installed-anywhere"', "Cannot find module")

    def test_packages_that_come_with_the_kernel(self):
        self.gives('import { readH5ad } from "cellkernel"; import { table } from "arquero"; import * as vl from "vega-lite"; [typeof readH5ad, typeof table, typeof vl.compile]', "[ 'function', 'function', 'function' ]")
        self.refused("readH5ad(1)", "Argument of type 'number'")

    def test_types_are_not_imported(self):
        self.gives('import type { Stats } from "node:fs"; import { type Dirent, existsSync } from "node:fs"; const none: Stats | Dirent | null = null; existsSync(".")', "true")

    def test_files_beside_the_notebook(self):
        self.gives('import standard, { scaled, Thing, base } from "./helper.ts"; [standard, scaled(2), new Thing().v, base]', "[ 'the default', 20, 1, 10 ]")
        self.gives('import * as helper from "./helper"; helper.scaled(3)', "30")
        self.gives('import { add, count } from "./base.js"; add(); add()', "2")
        self.gives('import data from "./data.json"; data.rows.length', "3")
        self.refused("data.columns", "Property 'columns' does not exist")
        self.refused('import { z } from "./broken"; z', "broken.ts")
        result = self.kernel.run('import { fail } from "./throws"; fail()')
        self.assertIn("throws.ts:2:9", result.traceback)

    def test_files_that_change_are_read_again(self):
        file = Path(self.folder.name) / "changing.ts"
        file.write_text("export const version: number = 1;\n")
        self.gives('import { version } from "./changing"; version', "1")
        file.write_text("export const version: string = 'two';\n")
        self.gives('import { version } from "./changing"; version.length', "3")

    def test_magics(self):
        self.assertRegex(self.kernel.run("%time await new Promise((r) => setTimeout(r, 20)); 5").stream(), r"took \d+")
        self.assertEqual(self.kernel.run("%time 5").text, "5")
        self.kernel.run("const listed = ['a'];")
        self.assertRegex(self.kernel.run("%who").stream(), r"listed +string\[\]")
        self.assertIn("Unknown magic %nope", self.kernel.run("%nope").reply["evalue"])
        result = self.kernel.run("%time\nconst wrong: number = 'x'")
        self.assertIn("line 2, column 7", result.reply["evalue"])

    def test_reset_forgets_every_name(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        kernel.run("const gone = 1;")
        kernel.run("%reset")
        self.assertIn("Cannot find name 'gone'", kernel.run("gone").reply["evalue"])


if __name__ == "__main__":
    unittest.main()
