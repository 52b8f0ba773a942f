"""Whatever asks for a line of text asks the user, below the cell."""

import unittest

from support import Kernel


class Asking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.kernel.run("import readline, { createInterface } from 'node:readline'; import promises from 'node:readline/promises'; import { promisify } from 'node:util';")

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def asks(self, code, *questions):
        """Runs a cell that asks; each question is its prompt and the answer that is given."""
        client = self.kernel.client
        msg_id = client.execute(code, allow_stdin=True)
        for prompt, answer in questions:
            content = client.get_stdin_msg(timeout=5)["content"]
            self.assertEqual(content, {"prompt": prompt, "password": False})
            client.input(answer)
        return self.kernel.collect(msg_id)

    def test_questions_of_readline(self):
        for code in (
            "const rl = createInterface({ input: process.stdin, output: process.stdout }); await new Promise((r) => rl.question('name? ', r))",
            "const rl = readline.createInterface(process.stdin, process.stdout); await new Promise((r) => rl.question('name? ', {}, r))",
            "const rl = readline.createInterface(process.stdin); await promisify(rl.question).bind(rl)('name? ')",
            "const rl = promises.createInterface({ input: process.stdin }); await rl.question('name? ')",
            "const rl = (await import('node:readline/promises')).createInterface({ input: process.stdin, output: process.stdout, terminal: true }); await rl.question('name? ')",
            "const rl = require('readline').promises.createInterface({ input: process.stdin }); await rl.question('name? ', { signal: jupyter.signal })",
        ):
            with self.subTest(code):
                self.assertEqual(self.asks(code, ("name? ", "Ada")).text, "'Ada'")
        two = "const rl = promises.createInterface({ input: process.stdin }); [await rl.question('a'), await rl.question('b')]"
        self.assertEqual(self.asks(two, ("a", "1"), ("b", "2")).text, "[ '1', '2' ]")

    def test_lines_of_readline(self):
        code = "const rl = createInterface({ input: process.stdin }); rl.setPrompt('> '); rl.prompt(); const lines: string[] = []; for await (const line of rl) { lines.push(line); if (lines.length === 2) break; } lines"
        self.assertEqual(self.asks(code, ("> ", "one"), ("> ", "two")).text, "[ 'one', 'two' ]")

    def test_standard_input(self):
        code = "String(await new Promise((r) => process.stdin.once('data', (data) => { process.stdin.pause(); r(data); })))"
        self.assertEqual(self.asks(code, ("", "typed")).text, "'typed\\n'")
        self.assertEqual(self.asks("for await (const text of process.stdin) { console.log(String(text)); break; }", ("", "again")).stream(), "again\n\n")

    def test_prompt_waits(self):
        self.assertEqual(self.asks("const name = prompt('name? '); name + '!'", ("name? ", "Ada")).text, "'Ada!'")
        self.assertEqual(self.asks("await null; [await prompt('a'), prompt('b', 'else')]", ("a", "1"), ("b", "")).text, "[ '1', 'else' ]")
        # What came in meanwhile is done afterwards.
        client = self.kernel.client
        self.kernel.run("let pinged = 0; jupyter.onComm('pinged', () => { pinged++; });")
        msg_id = client.execute("prompt('wait')", allow_stdin=True)
        client.get_stdin_msg(timeout=5)
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "p", "target_name": "pinged", "data": {}}))
        client.input("x")
        self.assertEqual(self.kernel.collect(msg_id).text, "'x'")
        self.assertEqual(self.kernel.run("pinged").text, "1")

    def test_an_interrupt_ends_a_question(self):
        for code in ("prompt('?')", "await null; prompt('?')", "const rl = promises.createInterface({ input: process.stdin }); await rl.question('?')"):
            with self.subTest(code):
                msg_id = self.kernel.client.execute(code, allow_stdin=True)
                self.kernel.client.get_stdin_msg(timeout=5)
                self.kernel.interrupt()
                self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")
                self.assertEqual(self.kernel.run("1 + 1").text, "2")

    def test_where_nobody_can_be_asked(self):
        for code in (
            "prompt('x')",
            "createInterface({ input: process.stdin }).question('x', () => {}); await new Promise(() => {})",
            "await promises.createInterface({ input: process.stdin }).question('x')",
            "for await (const line of createInterface({ input: process.stdin }));",
            "for await (const text of process.stdin);",
        ):
            with self.subTest(code):
                result = self.kernel.run(code, allow_stdin=False, timeout=5)
                self.assertIn("needs a front end that can ask", result.reply["evalue"])

    def test_other_interfaces_are_left_alone(self):
        code = "import { Readable } from 'node:stream'; const lines = []; for await (const line of createInterface({ input: Readable.from(['a\\nb']) })) lines.push(line); lines"
        self.assertEqual(self.kernel.run(code).text, "[ 'a', 'b' ]")


if __name__ == "__main__":
    unittest.main()
