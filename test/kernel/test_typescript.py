"""TypeScript in cells: what runs, what is typed, what is refused."""

import json
import os
import tempfile
import time
import unittest
from pathlib import Path

from support import ROOT, Kernel


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

    def write(self, name, text):
        (Path(self.folder.name) / name).write_text(text)

    def matches(self, code):
        """What the completion at `|` offers."""
        return self.kernel.reply(self.kernel.client.complete(code.replace("|", "", 1), code.index("|")))["content"]

    def inspected(self, code):
        """What the inspection at `|` shows first: the signature; None when there is nothing."""
        reply = self.kernel.reply(self.kernel.client.inspect(code.replace("|", "", 1), code.index("|")))["content"]
        return reply["data"]["text/plain"].split("\n\n")[0] if reply["found"] else None

    def refused(self, code, message):
        result = self.kernel.run(code)
        self.assertEqual(result.reply.get("ename"), "TypeScriptError", result.reply)
        self.assertIn(message, result.reply["evalue"])

    def test_hints_come_with_the_error(self):
        self.kernel.run("async function promised() { return { total: 1 }; }\nfunction hello() {}")
        self.assertIn("Did you mean 'hello'?", self.kernel.run("helo()").traceback)
        self.assertIn("Did you forget to use 'await'?", self.kernel.run("promised().total").traceback)

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

    def test_files_that_import_each_other(self):
        self.write("round.ts", 'import { b } from "./trip";\nexport const a = 1;\nexport function fa(): number { return b() + 1; }\n')
        self.write("trip.ts", 'import { a } from "./round";\nexport function b(): number { return a + 10; }\n')
        self.gives('import { fa } from "./round"; fa()', "12")
        self.gives('import { b } from "./trip"; b()', "11")
        self.write("barrel.ts", 'export * from "./first";\nexport * from "./second";\n')
        self.write("first.ts", 'import { second } from "./barrel";\nexport const first = () => second + 1;\n')
        self.write("second.ts", "export const second = 5;\n")
        self.gives('import { first } from "./barrel"; first()', "6")
        self.write("early.ts", 'import { late } from "./late";\nexport const early = late;\n')
        self.write("late.ts", 'import { early } from "./early";\nexport const late = early + 1;\n')
        self.assertEqual(self.kernel.run('import { early } from "./early"').reply["evalue"], "Cannot access 'early' before initialization")

    def test_imports_follow_the_file_that_they_come_from(self):
        self.write("counting.ts", "export let counter = 0;\nexport function inc() { counter++; }\n")
        self.write("passed.ts", 'export { counter as passed } from "./counting";\n')
        self.gives('import { counter, inc } from "./counting"; inc(); counter', "1")
        self.gives('inc(); import { passed } from "./passed"; [counter, passed]', "[ 2, 2 ]")
        self.gives("const counter = 'mine'; inc(); counter", "'mine'")

    def test_two_imports_at_once_wait_for_the_same_file(self):
        self.write("slow.ts", "await new Promise((done) => setTimeout(done, 50));\nexport const slow = 1;\n")
        self.gives('const first = import("./slow"); const { slow } = await import("./slow"); slow', "1")

    def test_a_changed_file_behind_another_is_read_again(self):
        self.write("dep.ts", "export const v = 1;\n")
        self.write("rows.json", '{"k": 1}')
        self.write("mid.ts", 'export { v as w } from "./dep";\n')
        self.write("top.ts", 'import { w } from "./mid";\nimport rows from "./rows.json";\nexport const t = w * 100 + rows.k;\n')
        self.gives('import { t } from "./top"; t', "101")
        self.write("dep.ts", "export const v = 2;\n")
        self.gives('import { t } from "./top"; t', "201")
        self.write("rows.json", '{"k": 7}')
        self.gives('import { t } from "./top"; t', "207")
        self.gives('import * as same from "./top"; (await import("./top")) === same', "true")

    def test_a_file_whose_loading_was_interrupted_is_loaded_anew(self):
        self.write("hangs.ts", "console.log('begun');\nif (globalThis.hang) await new Promise(() => {});\nexport const done = 1;\ndeclare global { var hang: boolean }\n")
        self.kernel.run("globalThis.hang = true;")
        msg_id = self.kernel.client.execute('import { done } from "./hangs"')
        self.kernel.iopub("stream")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")
        self.kernel.run("globalThis.hang = false;")
        self.gives('import { done } from "./hangs"; done', "1")

    def test_a_file_that_cannot_be_parsed_is_named(self):
        self.write("syntax.ts", "export const before = 1;\nexport cons after = 3;\n")
        self.refused('import { after } from "./syntax"; after', "Declaration or statement expected. (" + os.path.realpath(self.folder.name) + "/syntax.ts:2, column 1)")
        self.write("view.tsx", "export const view = 1;\n")
        self.refused('import { view } from "./view"', "cells cannot import JSX")

    def test_variables_without_a_type_take_it_from_what_follows(self):
        self.gives("const xs = []; xs.push(1); xs.push('a'); xs", "[ 1, 'a' ]")
        self.gives("xs.push({ any: 1 }); xs.length", "3")
        self.gives("let best = null; for (const v of [3, 1]) if (best === null || v < best) best = v; best", "1")
        self.gives("best = { of: 'any type' }; best.of", "'any type'")
        self.gives("function untyped(a, { b }) { return a[b]; } untyped({ q: 1 }, { b: 'q' })", "1")
        self.refused("const strict: number = null", "Type 'null' is not assignable to type 'number'")

    def test_var_in_blocks_and_loops_is_of_the_whole_notebook(self):
        for code, after, text in [
            ("for (var i = 0, top = 3; i < top; i++) {}", "[i, top]", "[ 3, 3 ]"),
            ("if (true) { var inIf = 'a' } else { var inElse = 5 }", "[inIf, inElse]", "[ 'a', undefined ]"),
            ("do { var inDo = { q: 1 } } while (false)", "inDo.q", "1"),
            ("try { var inTry = [1] } finally { var last = () => 2 }", "[inTry, last.name, last()]", "[ [ 1 ], 'last', 2 ]"),
            ("for (var key in { p: 1, q: 2 });", "key", "'q'"),
            ("for (var [one, { two = 7 }] of [[1, {}]] as [number, { two?: number }][]) { var sum = one + two }", "[one, two, sum]", "[ 1, 7, 8 ]"),
            ("var kept = 1", "var kept; kept", "1"),
            ("const calls = []; for (var w = 0; w < 3; w++) calls.push(() => w);", "calls.map((f) => f())", "[ 3, 3, 3 ]"),
            ("var own = 'mine'; function f() { for (var own = 0; own < 2; own++); return own; }", "[f(), own]", "[ 2, 'mine' ]"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code).status, "ok")
                self.gives(after, text)
        self.refused("const n: string = i", "Type 'number' is not assignable to type 'string'")

    def test_what_is_evaluated_sees_the_names_of_the_notebook(self):
        self.kernel.run("const ev = 1; let changed = 1; const window = 5; function twice(n: number) { return 2 * n; }")
        for code, text in [
            ("eval('ev + 1')", "2"),
            ("eval('twice(ev)')", "2"),
            ("eval('changed = 7'); changed", "7"),
            ("(() => { const own = 3; return eval('own + ev'); })()", "4"),
            ("await null; eval('() => changed')()", "7"),
            ("eval(5 as never)", "5"),
            ("(eval as () => void)()", None),
            ("eval?.('1')", "1"),
            ("typeof Reflect.get(globalThis, 'window')", "'undefined'"),
            ("const ev = 'again'; eval('ev')", "'again'"),
            ("eval('typeof unheard')", "'undefined'"),
            ("{ const eval2 = (code: string) => eval(code); eval2('changed') }\n1", "1"),
        ]:
            with self.subTest(code):
                self.gives(code, text)
        self.write("evaluates.ts", "const inFile = 8;\nexport const found: number = eval('inFile');\n")
        self.gives("import { found } from './evaluates'; found", "8")

    def test_what_node_gives_a_module(self):
        folder = os.path.realpath(self.folder.name)
        self.gives("`${__dirname} ${__filename}`", f"'{folder} {folder}/notebook.ts'")
        self.gives("import.meta.resolve('./base') === `file://${__dirname}/base.ts`", "true")
        self.gives("[import.meta.resolve('fs'), require.resolve('common').slice(-4)]", "[ 'node:fs', 'm.js' ]")
        self.gives("require.resolve('arquero') === import.meta.resolve('arquero').slice('file://'.length)", "true")
        self.gives("import fs = require('node:fs'); typeof fs.readFileSync", "'function'")
        self.gives("typeof module + typeof exports", "'undefinedundefined'")
        self.refused("module.exports = 1", "'module' is possibly 'undefined'")

    def test_the_library_is_that_of_the_running_node(self):
        for value, member in [
            ("Promise", "withResolvers"),
            ("Object", "groupBy"),
            ("Array", "fromAsync"),
            ("Set.prototype", "union"),
            ("Promise", "try"),
            ("Array.prototype", "findLast"),
        ]:
            with self.subTest(member):
                there = self.kernel.run(f"typeof Reflect.get({value}, '{member}')").text == "'function'"
                typed = self.kernel.run(f"{value}.{member};").status == "ok"
                self.assertEqual(typed, there)

    def test_a_global_that_is_declared_stays_so(self):
        self.gives("declare global { var shared: number }\nglobalThis.shared = 7; shared", "7")
        self.gives("shared.toFixed(1)", "'7.0'")
        self.gives("declare global { var shared: string }\nshared = 'text'; shared", "'text'")
        self.gives("shared.length", "4")

    def test_a_cell_that_is_an_object_literal(self):
        self.gives("{ a: 1, b: [2] }", "{ a: 1, b: [ 2 ] }")
        self.gives("{}", "{}")
        self.gives("{ a: 1 };", None)
        self.gives("{ const inside = 4; inside }", None)
        self.refused("{ a: 1, b: nope }", "Cannot find name 'nope'. (line 1, column 12)")
        self.gives("1, 2", "2")

    def test_syntax_errors_are_of_the_users_code(self):
        self.refused("function (", "Identifier expected. (line 1, column 10)")
        self.refused("if (true)", "Expression expected. (line 1, column 10)")
        self.gives("await /re/.test('re')", "true")

    def test_inspection_shows_what_was_declared(self):
        self.kernel.run(
            "/** Doubles. */ function doubled(x: number) { return 2 * x; } class Cls { x = 1 } const 变量 = 1; let opt = 3;\n"
            "interface Ifc { a: number } type Un = 'one' | 'two'; const arrow = (x: number) => x; enum Col { Red }\n"
            "import * as fs from 'node:fs'; function over(a: string): string; function over(a: number): number; function over(a: any) { return a; }"
        )
        for code, shown in [
            ("doub|led(1)", "function doubled(x: number): number"),
            ("doub|led", "function doubled(x: number): number"),
            ("new Cl|s()", "new Cls(): Cls"),
            ("Cl|s", "class Cls"),
            ("变|量", "const 变量: 1"),
            ("op|t", "let opt: number"),
            ("arro|w", "const arrow: (x: number) => number"),
            ("arro|w(1)", "function arrow(x: number): number"),
            ("Co|l", "enum Col"),
            ("over(1|)", "function over(a: number): number (+1 overload)"),
            ("I|fc", "interface Ifc"),
            ("U|n", 'type Un = "one" | "two"'),
            ("%time doub|led(1)", "function doubled(x: number): number"),
            ("unheard_of|", None),
            ("%ti|me", None),
        ]:
            with self.subTest(code):
                self.assertEqual(self.inspected(code), shown)

    def test_completion_order(self):
        self.kernel.run("const consolidated = 1; enum Col { Red }")
        matches = self.matches("co|")["matches"]
        self.assertEqual(matches[0], "consolidated")
        self.assertLess(matches.index("console"), matches.index("CompressionStream"))
        self.assertEqual(self.matches("Co|")["matches"][0], "Col")
        self.kernel.run("class Consolidated {}")
        match = self.matches("new Conso|")["metadata"]["_jupyter_types_experimental"][0]
        self.assertEqual((match["type"], match["signature"]), ("class", "new Consolidated(): Consolidated"))

    def test_completion_of_packages_that_come_with_the_kernel(self):
        for code, start, names in [
            ("import x from 'cellk|", 15, ["cellkernel"]),
            ("import x from 'vega-l|'", 15, ["vega-lite"]),
            ("await import('arq|", 14, ["arquero"]),
        ]:
            with self.subTest(code):
                reply = self.matches(code)
                self.assertEqual((reply["matches"], reply["cursor_start"]), (names, start))
        self.assertEqual(self.matches("import x from 'a|'")["matches"][:2], ["arquero", "assert"])
        self.assertIn("./base", ["./" + name for name in self.matches("import x from './b|'")["matches"]])

    def test_magics_are_completed(self):
        self.assertEqual(self.matches("%|")["matches"], ["time", "who", "reset", "npm"])
        reply = self.matches("%%ti|")
        self.assertEqual((reply["matches"], reply["cursor_start"]), (["time"], 2))

    def test_is_complete(self):
        for code, answer in [
            ("%who", "complete"),
            ("!ls -l", "complete"),
            ("%npm install foo", "complete"),
            ("!(", "incomplete"),
            ("%time 1 +", "incomplete"),
            ("%nope", "invalid"),
            ("'abc", "invalid"),
            ("f('abc", "invalid"),
            ("/abc", "invalid"),
            ("`abc", "incomplete"),
            ("await /x/", "complete"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.reply(self.kernel.client.is_complete(code))["content"]["status"], answer)
        for code, indent in [("({", 2), ("f({\n  a: [", 4), ("f(`(`, [\n", 2)]:
            with self.subTest(code):
                reply = self.kernel.reply(self.kernel.client.is_complete(code))["content"]
                self.assertEqual(reply, {"status": "incomplete", "indent": " " * indent})

    def test_the_language_is_typescript(self):
        version = json.loads((ROOT / "node_modules/typescript/package.json").read_text())["version"]
        info = self.kernel.reply(self.kernel.client.kernel_info())["content"]
        self.assertEqual(info["language_info"]["version"], version)

    def test_magics(self):
        self.assertRegex(self.kernel.run("%time await new Promise((r) => setTimeout(r, 20)); 5").stream(), r"took \d+")
        self.assertEqual(self.kernel.run("%time 5").text, "5")
        self.kernel.run("const listed = ['a'];")
        self.assertRegex(self.kernel.run("%who").stream(), r"listed +string\[\]")
        self.kernel.run("interface Shown { a: number } type Two = 1 | 2;")
        self.assertRegex(self.kernel.run("%who").stream(), r"Shown +interface Shown\nTwo +type Two = 1 \| 2\n")
        for code, message in [
            ("%nope", "Unknown magic %nope; there are %time, %who, %reset, %npm"),
            ("%who listed", "%who takes nothing, not 'listed'"),
            ("%reset all", "%reset takes nothing but -f, not 'all'"),
        ]:
            self.assertEqual(self.kernel.run(code).reply["evalue"], message)
        result = self.kernel.run("%time\nconst wrong: number = 'x'")
        self.assertIn("line 2, column 7", result.reply["evalue"])

    def test_time_is_that_of_running(self):
        types = "\n".join(f"type T{i} = {{ [k in 'a{i}' | 'b{i}']: number }};\nconst t{i}: T{i} = {{ a{i}: 1, b{i}: 2 }};" for i in range(1000))
        start = time.monotonic()
        took = self.kernel.run(f"%time\n{types}").stream()
        elapsed = 1000 * (time.monotonic() - start)
        self.assertLess(float(took.removeprefix("took ").removesuffix(" ms\n")), elapsed / 4)

    def test_reset_forgets_every_name(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        kernel.run("const gone = 1;")
        self.assertEqual(kernel.run("%reset -f").status, "ok")
        self.assertIn("Cannot find name 'gone'", kernel.run("gone").reply["evalue"])


if __name__ == "__main__":
    unittest.main()
