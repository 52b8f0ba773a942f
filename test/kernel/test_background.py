"""What a cell leaves running goes on under that cell, and ends no other."""

import unittest

from support import Kernel

SETUP = """
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import fs from "node:fs";
import http from "node:http";
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
const server = http.createServer(() => { throw new Error("stray") }).listen(0);
const visit = () => { http.get({ port: (server.address() as { port: number }).port }).on("error", () => {}); };
"""

# Each throws `stray`, or what the second says, after its cell has ended and another one awaits.
STRAYS = {
    "a promise's callback": ("wait(150).then(() => { throw new Error('stray') })", "stray"),
    "a chain that goes on": ("wait(100).then(() => wait(50)).then(async () => { await null; throw new Error('stray') })", "stray"),
    "a rejection made in a callback": ("wait(150).then(() => { void Promise.reject(new Error('stray')) })", "stray"),
    "a rejection with no error": ("wait(150).then(() => Promise.reject('stray'))", "stray"),
    "an async function": ("void (async () => { await wait(150); throw new Error('stray') })()", "stray"),
    "a promise of Node's": ("wait(150).then(() => { void fs.promises.readFile('/stray') })", "/stray"),
    "a timer": ("setTimeout(() => { throw new Error('stray') }, 150)", "stray"),
    "a microtask of a timer": ("setTimeout(() => queueMicrotask(() => { throw new Error('stray') }), 150)", "stray"),
    "a tick of a timer": ("setTimeout(() => process.nextTick(() => { throw new Error('stray') }), 150)", "stray"),
    "a file that was read": ("setTimeout(() => fs.readFile('/proc/self/stat', () => { throw new Error('stray') }), 150)", "stray"),
    "a stream's error": ("wait(150).then(() => { fs.createReadStream('/stray') })", "/stray"),
    "a child's error": ("wait(150).then(() => { spawn('stray') })", "spawn stray"),
    "an event's error": ("const events = new EventEmitter(); setTimeout(() => events.emit('error', new Error('stray')), 150)", "stray"),
    "a request to a server": ("setTimeout(visit, 150)", "stray"),
}


class Background(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        assert cls.kernel.run(SETUP).status == "ok"

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def of(self, heard, msg_id, msg_type):
        return [m["content"] for m in heard if m["parent_header"].get("msg_id") == msg_id and m["msg_type"] == msg_type]

    def test_an_error_is_shown_under_its_cell_and_ends_no_other(self):
        for name, (code, message) in STRAYS.items():
            with self.subTest(name):
                client = self.kernel.client
                # The server that is visited belongs to the first cell.
                first = client.execute(f"{code};\n'A'")
                second, third = client.execute("await wait(400); 'B'"), client.execute("'C'")
                heard = self.kernel.heard(third)
                statuses = [self.kernel.reply(each)["content"]["status"] for each in (first, second, third)]
                self.assertEqual(statuses, ["ok", "ok", "ok"])
                self.assertEqual([self.of(heard, each, "error") for each in (second, third)], [[], []])
                errors = [m["content"]["evalue"] for m in heard if m["msg_type"] == "error"]
                self.assertEqual(len(errors), 1)
                self.assertIn(message, errors[0])
                if name != "a request to a server":
                    self.assertEqual(len(self.of(heard, first, "error")), 1)

    def test_what_it_prints_is_shown_under_its_cell(self):
        client = self.kernel.client
        first = client.execute("wait(100).then(() => console.log('then')); fs.readFile('/proc/self/stat', () => setTimeout(() => console.log('read'), 150)); 1")
        second = client.execute("await wait(400); 2")
        heard = self.kernel.heard(second)
        self.assertEqual("".join(each["text"] for each in self.of(heard, first, "stream")), "then\nread\n")
        self.assertEqual(self.of(heard, second, "stream"), [])

    def test_a_cells_own_stray_error_ends_it(self):
        for code in (
            "void (async () => { await wait(20); throw new Error('own') })(); await wait(10_000)",
            "setTimeout(() => { throw new Error('own') }, 20); await wait(10_000)",
            "wait(20).then(() => { throw new Error('own') }); await wait(10_000)",
        ):
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code, timeout=5).reply["evalue"], "own")

    def test_an_answer_to_a_page_that_throws_ends_no_cell(self):
        client = self.kernel.client
        first = client.execute("jupyter.onComm('throws', (comm) => { comm.onMessage(async () => { await null; throw new Error('later') }); throw new Error('at once') }); 1")
        self.kernel.collect(first)
        second = client.execute("await wait(400); 'B'")
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "t", "target_name": "throws", "data": {}}))
        client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": "t", "data": {}}))
        heard = self.kernel.heard(second)
        self.assertEqual(self.kernel.reply(second)["content"]["status"], "ok")
        self.assertEqual([each["evalue"] for each in self.of(heard, first, "error")], ["at once", "later"])


if __name__ == "__main__":
    unittest.main()
