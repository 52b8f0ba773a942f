"""What cells print and show, and what they ask."""

import tempfile
import unittest

from support import Kernel


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.kernel = Kernel(cwd=cls.folder.name)
        cls.kernel.run("function fails() {\n  throw new Error('caught');\n}")

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()
        cls.folder.cleanup()

    def test_what_is_shown_already_is_no_result(self):
        for code in (
            "display('x')",
            "await display('x')",
            "const handle = await display('x', { id: 'here' }); handle",
            "display.update('here', 'y')",
            "handle.update('z')",
            "display.progress(3)",
            "jupyter.onComm('nobody', () => {})",
        ):
            with self.subTest(code):
                result = self.kernel.run(code)
                self.assertEqual((result.status, result.of("execute_result")), ("ok", []))

    def shown(self, code):
        """What a cell prints and shows, in order."""
        result = self.kernel.run(code)
        self.assertEqual(result.status, "ok", result.reply)
        return [m["content"]["text"].strip() if m["msg_type"] == "stream" else m["content"]["data"]["text/plain"] for m in result.outputs]

    def test_display_shows_the_moment_of_the_call(self):
        plot = "{ $schema: 'https://vega.github.io/schema/vega-lite/v5.json', title: 'plot', mark: 'point' as string, data: { values: [] } }"
        later = "{ toMime: async () => { await null; await new Promise((r) => setTimeout(r, 50)); return { 'text/plain': 'later' } } }"
        for code, outputs in [
            ("console.log('before'); display(html('mid')); console.log('after')", ["before", "mid", "after"]),
            ("{ const c = [1]; display(c); c.push(2); }", ["[ 1 ]"]),
            ("{ const o = { n: 0 }; for (let i = 0; i < 3; i++) { o.n = i; display(o) } }", ["{ n: 0 }", "{ n: 1 }", "{ n: 2 }"]),
            ("{ const o = { n: 0 }; for (let i = 0; i < 3; i++) { o.n = i; await display(o) } }", ["{ n: 0 }", "{ n: 1 }", "{ n: 2 }"]),
            (f"display({later}); console.log('after'); display(1); 'result'", ["later", "after", "1", "'result'"]),
            (f"display({later}); display({later}); console.error('end')", ["later", "later", "end"]),
            ("display(1, { id: 'm' }); const u = [1]; display.update('m', u); u.push(2); console.log('end')", ["1", "[ 1 ]", "end"]),
            (f"const spec = {plot}; console.log('a'); display(spec); console.log('b'); spec.title = 'changed'; undefined", ["a", "plot", "b"]),
        ]:
            with self.subTest(code):
                self.assertEqual(self.shown(code), outputs)

    def test_pictures_say_in_the_metadata_what_they_show(self):
        picture = "{ 'image/png': 'bm8=', 'text/plain': 'two cells' }"
        own = "{ 'image/png': { alt: 'mine' } }"
        code = f"const shown = jupyter.display({picture}); shown.update({picture}); jupyter.display({picture}, {own}); ({{ toMime: () => ({picture}) }})"
        result = self.kernel.run(code)
        said = [m["content"]["metadata"]["image/png"]["alt"] for m in result.outputs]
        self.assertEqual(sorted(said), ["mine", "two cells", "two cells", "two cells"])

    def test_what_is_never_made_holds_up_nothing_for_long(self):
        result = self.kernel.run("display({ toMime: () => new Promise(() => {}) }); console.log('after'); 1", timeout=10)
        self.assertEqual((result.stream(), result.text), ("after\n", "1"))

    def test_of_several_updates_the_last_stays(self):
        slow = "{ toMime: () => new Promise<object>((r) => setTimeout(() => r({ 'text/plain': 'slow' }), 100)) }"
        result = self.kernel.run(f"const drawn = await display('first'); await Promise.all([drawn.update({slow}), drawn.update('fast')]);")
        self.assertEqual(result.of("update_display_data")[-1]["data"]["text/plain"], "'fast'")

    def test_templates_are_raw(self):
        for code, text in [
            (r"markdown`$\frac{1}{2}$`", r"$\frac{1}{2}$"),
            (r"markdown`$\xi_${1}$`", r"$\xi_1$"),
            (r"html`\u{}${'a'}\n`", r"\u{}a\n"),
            (r"markdown('a\nb')", "a\nb"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code).of("execute_result")[0]["data"]["text/plain"], text)

    def test_stacks_speak_of_cells_whoever_prints_them(self):
        for code, name in (
            ("try { fails() } catch (e) { console.error(e) }", "stderr"),
            ("try { fails() } catch (e) { console.log((e as Error).stack) }", "stdout"),
            ("console.trace('here')", "stderr"),
        ):
            with self.subTest(code):
                text = self.kernel.run(code).stream(name)
                self.assertRegex(text, r"at .*cell \d+:[12]:\d+")
                self.assertNotRegex(text, r"executor|cellkernel:|node:")

    def test_an_error_still_shows_its_line(self):
        self.assertIn(">\x1b[0m \x1b[1m2 |   throw new Error('caught');", self.kernel.run("fails()").traceback)
        self.assertIn("throw new TypeError", self.kernel.run("throw new TypeError('a')").traceback)

    def test_long_messages_are_cut(self):
        result = self.kernel.run("throw new Error('z'.repeat(5e6))")
        self.assertLess(len(result.reply["evalue"]) + len(result.traceback), 200_000)
        self.assertIn("[cut: the first 50000 of 5000000 characters]", result.reply["evalue"])

    def test_what_a_cell_shows_is_bounded(self):
        result = self.kernel.run("for (let i = 0; i < 50; i++) await display(html('x'.repeat(1e6)))", timeout=60)
        self.assertLess(len(result.of("display_data")), 25)
        self.assertIn("[cut: an output of", result.stream("stderr"))
        self.assertEqual(self.kernel.run("1 + 1").text, "2")

    def test_characters_in_two_parts_and_other_encodings(self):
        code = "const bytes = Buffer.from('😀'); process.stdout.write(bytes.subarray(0, 2)); process.stdout.write(bytes.subarray(2)); process.stdout.write('6869', 'hex')"
        self.assertEqual(self.kernel.run(code).stream(), "😀hi")

    def test_children_that_inherit_the_streams(self):
        self.kernel.run('import { execSync, execFileSync, fork, spawn, spawnSync } from "node:child_process"; import { writeFileSync } from "node:fs";')
        ended = "await new Promise((r) => child.on('close', r))"
        shell = "echo out; echo err >&2"
        for name, code in {
            "execSync": f"execSync('{shell}', {{ stdio: 'inherit' }}); undefined",
            "execFileSync": f"execFileSync('sh', ['-c', '{shell}'], {{ stdio: [0, 1, 2] }}); undefined",
            "spawnSync": f"spawnSync('{shell}', {{ shell: true, stdio: 'inherit' }}); undefined",
            "spawn": f"{{ const child = spawn('sh', ['-c', '{shell}'], {{ stdio: 'inherit' }}); {ended} }}",
            "spawn, by the streams themselves": f"{{ const child = spawn('sh', ['-c', '{shell}'], {{ stdio: [process.stdin, process.stdout, process.stderr] }}); {ended} }}",
            "spawn, one stream": f"{{ const child = spawn('sh', ['-c', '{shell}'], {{ stdio: ['ignore', 'inherit', 2] }}); {ended} }}",
            "fork": f"writeFileSync('forked.cjs', 'console.log(\"out\"); console.error(\"err\")'); {{ const child = fork('forked.cjs'); {ended} }}",
        }.items():
            with self.subTest(name):
                result = self.kernel.run(code)
                self.assertEqual((result.status, result.stream("stdout"), result.stream("stderr")), ("ok", "out\n", "err\n"))
        failed = self.kernel.run("execSync('echo said; exit 3', { stdio: 'inherit' })")
        self.assertEqual((failed.status, failed.stream()), ("error", "said\n"))
        self.assertEqual(self.kernel.run("String(execSync('echo x'))").text, "'x\\n'")

    def test_nothing_written_is_no_message(self):
        self.assertEqual(self.kernel.run("process.stderr.write(''); undefined").of("stream"), [])

    def test_bytes_of_a_bundle_travel_as_base64(self):
        result = self.kernel.run("({ toMime: () => ({ 'image/png': Buffer.from([1, 2, 3]), 'text/plain': 'picture' }) })")
        self.assertEqual(result.of("execute_result")[0]["data"]["image/png"], "AQID")

    def test_questions_are_asked_one_after_the_other(self):
        client = self.kernel.client
        cell = client.execute("(await Promise.all([input('A'), input('B')])).join(' ')", allow_stdin=True)
        for prompt in "AB":
            self.assertEqual(client.get_stdin_msg(timeout=5)["content"]["prompt"], prompt)
            client.input(f"answer {prompt}")
        self.assertEqual(self.kernel.collect(cell).text, "'answer A answer B'")

    def test_a_question_after_its_cell_is_refused(self):
        # A cell is over for good when the next one runs: a mere delay might ask while it is about to end.
        asks = "const asks = setInterval(() => { if (!over) return; clearInterval(asks); input('late').catch((e) => { refused = e.message }) }, 5)"
        self.kernel.run(f"let over = false; let refused = ''; {asks}; 1", allow_stdin=True)
        result = self.kernel.run("over = true; while (!refused) await new Promise((r) => setTimeout(r, 5)); refused")
        self.assertIn("after its cell had ended", result.text)


if __name__ == "__main__":
    unittest.main()
