"""Files beside the notebook: of every kind, and read again when they change."""

import tempfile
import unittest
from pathlib import Path

from support import Kernel


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.kernel = Kernel(cwd=cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def write(self, **files):
        """Writes `name_ext="…"` as `name.ext`."""
        for name, text in files.items():
            Path(self.folder.name, name.replace("__", "/").replace("_", ".")).write_text(text)

    def gives(self, code, text):
        result = self.kernel.run(code)
        self.assertEqual(result.text, text, result.reply)

    def test_typescript_of_every_extension(self):
        self.write(
            mm_mts='import { join } from "node:path";\nexport const z: number = 5;\nexport default function f() { return join("a", "b"); }\nexport * as all from "./cc.cjs";\n',
            cc_cts="export const z: number = 6;\nexport const folder = __dirname.length > 0;\n",
            whole_cts="const a: number = 1;\nexport = { a, b: 2 };\n",
        )
        self.gives("import f, { z, all } from './mm.mts'; [f(), z, all.z]", "[ 'a/b', 5, 6 ]")
        self.gives("import { z as viaJs } from './mm.mjs'; viaJs", "5")
        self.gives("import { z as common, folder } from './cc.cts'; [common, folder]", "[ 6, true ]")
        self.gives("(await import('./cc.cts')).z", "6")
        self.gives("import whole from './whole.cts'; import again = require('./whole.cts'); [whole.b, again.a]", "[ 2, 1 ]")
        self.assertIn("TypeScript is imported, with import … from './mm.mts'", self.kernel.run("require('./mm.mts')").reply["evalue"])

    def test_javascript_is_followed(self):
        self.write(
            util_mjs='import { v } from "./dep.mjs"; import rows from "./rows.json" with { type: "json" }; import { deep } from "./lib.cjs";\n'
            "export const u = v * 10 + rows.k + deep; export let count = 0; export const inc = () => count++; export default class { static url = import.meta.url }",
            dep_mjs="export const v = 1;", rows_json='{"k": 1}', lib_cjs='exports.deep = require("./deep.js").deep;', deep_js="module.exports = { deep: 100 };",
        )
        use = "import Named, { u, count, inc } from './util.mjs'; inc(); [u, count, Named.url.slice(-8)]"
        self.gives(use, "[ 111, 1, 'util.mjs' ]")
        self.gives(use, "[ 111, 2, 'util.mjs' ]")
        self.write(dep_mjs="export const v = 2;")
        self.gives(use, "[ 121, 1, 'util.mjs' ]")
        self.write(rows_json='{"k": 5}')
        self.gives(use, "[ 125, 1, 'util.mjs' ]")
        self.write(deep_js="module.exports = { deep: 200 };")
        self.gives(use, "[ 225, 1, 'util.mjs' ]")
        self.gives("(await import('./util.mjs')) === (await import('./util.mjs'))", "true")

    def test_javascript_behind_typescript_is_followed(self):
        self.write(front_ts='import { tail } from "./tail.js";\nexport const front = tail + 1;\n', tail_js="export const tail = 1;")
        self.gives("import { front } from './front'; front", "2")
        self.write(tail_js="export const tail = 10;")
        self.gives("import { front } from './front'; front", "11")

    def test_required_files_are_followed(self):
        self.write(called_js="module.exports = (x) => x + 1; module.exports.extra = 1;", outer_cjs='exports.got = require("./inner.cjs").value;', inner_cjs="exports.value = 1;")
        self.gives("[require('./called.js')(1), require('./called').extra, require('./outer.cjs').got, require('./outer.cjs') === require('./outer.cjs')]", "[ 2, 1, 1, true ]")
        self.gives("import called, { extra } from './called.js'; import * as star from './called.js'; [called(1), extra, star.default(1)]", "[ 2, 1, 2 ]")
        self.write(called_js="module.exports = (x) => x + 10; module.exports.extra = 2;", inner_cjs="exports.value = 2;")
        self.gives("[require('./called.js')(1), require('./outer.cjs').got]", "[ 11, 2 ]")
        self.gives("import called, { extra } from './called.js'; [called(1), extra]", "[ 11, 2 ]")

    def test_an_es_module_by_its_syntax_or_its_package(self):
        Path(self.folder.name, "typed").mkdir()
        self.write(es_js="export const es = await Promise.resolve(1);", typed__package_json='{ "type": "module" }', typed__m_js="globalThis.seen = typeof module;")
        self.gives("(await import('./es.js')).es", "1")
        self.gives("await import('./typed/m.js'); Reflect.get(globalThis, 'seen')", "'undefined'")
        self.write(es_js="export const es = 2;")
        self.gives("import { es } from './es'; es", "2")
        # What only looks like one.
        self.write(text_js='exports.text = `\nimport x from "y"\n`.length;')
        self.gives("import { text } from './text.js'; text", "19")

    def test_a_query_makes_another_module(self):
        self.write(counts_mjs="export let n = 0; export const add = () => ++n; export const url = import.meta.url;")
        self.gives("const one = await import('./counts.mjs?v=1'); const two = await import('./counts.mjs?v=2'); [one.add(), one.add(), two.add(), one.url.slice(-14)]", "[ 1, 2, 1, 'counts.mjs?v=1' ]")
        self.gives("[one === await import('./counts.mjs?v=1'), import.meta.resolve('./counts.mjs?v=1') === one.url, (await import(one.url)) === one]", "[ true, true, true ]")
        Path(self.folder.name, "a#b.mjs").write_text("export const odd = 1;")
        self.gives("(await import('./a#b.mjs' as string)).odd", "1")

    def test_errors_of_javascript_files(self):
        self.write(bad_mjs="export const a = ;", throws_mjs="\nexport const fail = () => { throw new Error('from a file') };")
        self.assertIn("Expression expected", self.kernel.run("await import('./bad.mjs' as string)").reply["evalue"])
        self.assertIn("throws.mjs:2:35", self.kernel.run("(await import('./throws.mjs' as string)).fail()").traceback)

    def test_loops_of_javascript_files_can_be_interrupted(self):
        self.write(loops_mjs="export const forever = () => { for (;;); };")
        self.kernel.run("import { forever } from './loops.mjs';")
        msg_id = self.kernel.client.execute("console.log('begun'); await null; forever()")
        self.kernel.iopub("stream")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.reply(msg_id)["content"]["ename"], "Interrupted")
        self.gives("1 + 1", "2")


if __name__ == "__main__":
    unittest.main()
