"""Nothing of what a cell is compiled to is seen: errors and functions speak the user's own words."""

import json
import unittest

from support import Kernel


class Compiled(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.kernel.run("const cells: any = { a: 1 }; const num: any = 5; let fn: any = 3; let none: any; const said: any[] = [];")

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def test_errors_name_what_the_user_wrote(self):
        for code, message in [
            ("cells.filterGenes(3)", "cells.filterGenes is not a function"),
            ("cells.a.b.c()", "Cannot read properties of undefined (reading 'c')"),
            ("cells[num]()", "cells[num] is not a function"),
            ("cells?.missing()", "cells?.missing is not a function"),
            ("fn(1)", "fn is not a function"),
            ("fn`text`", "fn is not a function"),
            ("new fn()", "fn is not a constructor"),
            ("new cells.Model()", "cells.Model is not a constructor"),
            ("for (const x of num);", "num is not iterable"),
            ("for await (const x of num);", "num is not async iterable"),
            ("[...num]", "num is not iterable"),
            ("(await cells).run()", "(intermediate value).run is not a function"),
            ("await null; fn(1)", "fn is not a function"),
            ("await (async () => { await null; cells.run() })()", "cells.run is not a function"),
            ("(({ q }) => q)(none)", "Cannot destructure property 'q' of 'undefined' as it is undefined."),
            ("setTimeout(() => fn(), 10); await new Promise(() => {})", "fn is not a function"),
        ]:
            with self.subTest(code):
                result = self.kernel.run(code)
                self.assertEqual((result.status, result.reply["evalue"]), ("error", message))
                self.assertNotIn("__", result.traceback)

    def test_errors_that_are_caught_do_too(self):
        for code in [
            "try { cells.run() } catch (e) { said.push((e as Error).message) }",
            "try { cells.run() } catch ({ message }: any) { said.push(message) }",
            "try { cells.run() } catch (e: any) { { const { message } = e; said.push(message) } }",
            "await (async () => { cells.run() })().catch((e) => said.push(e.message));",
            "await (async () => { cells.run() })().catch(async function (e) { said.push(e.message) });",
            "await (async () => { cells.run() })().then(() => {}, (e) => { said.push(e.message) });",
            "const [settled] = await Promise.allSettled([(async () => { cells.run() })()]); said.push(String((settled as any).reason.stack).split('\\n')[0].slice(11));",
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(f"said.length = 0; {code}\nsaid[0]").text, "'cells.run is not a function'")
        for code in ("try { cells.run() } catch (e) { console.log(e) }", "console.log(await Promise.allSettled([(async () => { cells.run() })()]))"):
            with self.subTest(code):
                text = self.kernel.run(code).stream()
                self.assertIn("TypeError: cells.run is not a function", text)
                self.assertNotIn("__", text)

    def test_a_catch_without_a_name_and_one_that_shadows(self):
        self.assertEqual(self.kernel.run("let cells2 = 1; try { throw 2 } catch (cells2) { cells2 = 3 } try { throw 4 } catch { } cells2").text, "1")

    def test_a_functions_text_is_what_the_user_wrote(self):
        for code, text in [
            ("function draw(el) {  // a comment\n  for (let i = 0; i < 3; i++) { el.push(i + num) }\n}", "function draw(el) {  // a comment\n  for (let i = 0; i < 3; i++) { el.push(i + num) }\n}"),
            ("async  function draw(n) { while (n--) await fn(n) }", "async  function draw(n) { while (n--) await fn(n) }"),
            ("export function draw() { cells.run() }", "function draw() { cells.run() }"),
            ("const draw = (a) => fn(a)", "(a) => fn(a)"),
            ("const draw = async (a) => { try { await a } catch (e) { } }", "async (a) => { try { await a } catch (e) { } }"),
            ("const draw = Object.values({ *m(a = () => { for (;;); }) { yield* fn(a) } })[0]", "*m(a = () => { for (;;); }) { yield* fn(a) }"),
            ("class draw { static  n = num; run() { do fn(); while (num) } }", "class draw { static  n = num; run() { do fn(); while (num) } }"),
            ("class Draws { static async draw() { await fn } }; const draw = Draws.draw", "async draw() { await fn }"),
            # Without the types, so that a page or a worker can read it.
            ("function draw<T>(this: any, a: T, b?: number, ...c: T[]): a is T & any { return b! as any }", "function draw(a, b, ...c) { return b }"),
            ("const draw = async <T,>(a: T): Promise<T> => { let x!: number; return fn(a satisfies any) ?? new Map<T, T>() }", "async (a) => { let x; return fn(a) ?? new Map() }"),
            ("class draw<T> extends Array<T> implements Iterable<T> { private readonly a: number = 1; declare b: 1; [k: string]: any; abc?(): void; constructor(public q = 2) { super(); } }", "class draw extends Array  { a = 1;    constructor(q = 2) { super(); this.q = q; } }"),
        ]:
            with self.subTest(code):
                self.kernel.run(code)
                result = self.kernel.run("[String(draw), `${draw}`, draw.toString(), Function.prototype.toString.call(draw)].map((text) => console.log(JSON.stringify(text)))")
                self.assertEqual(result.status, "ok", result.reply)

                self.assertEqual({json.loads(line) for line in result.stream().splitlines()}, {text})

    def test_functions_that_go_elsewhere_as_text(self):
        self.kernel.run("import vm from 'node:vm'; import { Worker } from 'node:worker_threads'; function loops(n: number) { let t = 0; for (let i = 0; i < n; i++) t += i; return t; }")
        for code, text in [
            ("vm.runInNewContext(`(${loops})(5)`)", "10"),
            ("new Function(`return (${loops})(5)`)()", "10"),
            ("await new Promise((r) => new Worker(`require('worker_threads').parentPort.postMessage((${loops})(5))`, { eval: true }).on('message', r))", "10"),
            ("String(html(`<script>(${loops})</script>`).toMime()['text/html' as never]).includes('__')", "false"),
            ("[Math.max, class {}, Function.prototype.toString].every((f) => String(f).length > 0)", "true"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code).text, text)


if __name__ == "__main__":
    unittest.main()
