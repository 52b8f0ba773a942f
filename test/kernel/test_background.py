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
let isDue = false;
let due = Promise.resolve();
let go = () => {};
const reset = () => { isDue = false; due = new Promise<void>((r) => { go = () => { isDue = true; r(); }; }); };
const whenDue = (then: () => void) => { const timer = setInterval(() => { if (!isDue) return; clearInterval(timer); then(); }, 5); };
"""

# What a cell leaves running, and what is thrown when a later one has said `go()`.
STRAYS = {
    "a promise's callback": ("due.then(() => { throw new Error('stray') })", "stray"),
    "a chain that goes on": ("due.then(() => wait(5)).then(async () => { await null; throw new Error('stray') })", "stray"),
    "a rejection made in a callback": ("due.then(() => { void Promise.reject(new Error('stray')) })", "stray"),
    "a rejection with no error": ("due.then(() => Promise.reject('stray'))", "stray"),
    "an async function": ("void (async () => { await due; throw new Error('stray') })()", "stray"),
    "a promise of Node's": ("due.then(() => { void fs.promises.readFile('/stray') })", "/stray"),
    "a timer": ("whenDue(() => { throw new Error('stray') })", "stray"),
    "a timer of a module": ("import timers from 'node:timers'; due.then(() => { timers.setTimeout(() => { throw new Error('stray') }, 5) })", "stray"),
    "a microtask of a timer": ("whenDue(() => queueMicrotask(() => { throw new Error('stray') }))", "stray"),
    "a tick of a timer": ("whenDue(() => process.nextTick(() => { throw new Error('stray') }))", "stray"),
    "a file that was read": ("whenDue(() => fs.readFile('/proc/self/stat', () => { throw new Error('stray') }))", "stray"),
    "a file that is read when the next cell has begun": ("due.then(() => fs.readFile('/proc/self/stat', () => fs.readFile('/proc/self/stat', () => { throw new Error('stray') })))", "stray"),
    "an event of a stream": ("const stream = fs.createReadStream('/proc/self/stat'); due.then(() => stream.on('data', () => { throw new Error('stray') }))", "stray"),
    "a stream's error": ("due.then(() => { fs.createReadStream('/stray') })", "/stray"),
    "a child's error": ("due.then(() => { spawn('stray') })", "spawn stray"),
    "an event's error": ("const events = new EventEmitter(); whenDue(() => events.emit('error', new Error('stray')))", "stray"),
    "a request to a server": ("whenDue(visit)", "stray"),
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
                first = client.execute(f"reset(); {code};\n'A'")
                second, third = client.execute("go(); await wait(100); 'B'"), client.execute("'C'")
                heard = self.kernel.heard(third)
                if not any(m["msg_type"] == "error" for m in heard):
                    heard.append(self.kernel.iopub("error"))
                statuses = [self.kernel.reply(each)["content"]["status"] for each in (first, second, third)]
                self.assertEqual(statuses, ["ok", "ok", "ok"])
                self.assertEqual([self.of(heard, each, "error") for each in (second, third)], [[], []])
                [error] = [m["content"]["evalue"] for m in heard if m["msg_type"] == "error"]
                self.assertIn(message, error)
                # The server that is visited belongs to the cell before.
                self.assertEqual(len(self.of(heard, first, "error")), 0 if name == "a request to a server" else 1)

    def test_what_it_prints_is_shown_under_its_cell(self):
        client = self.kernel.client
        first = client.execute("reset(); let printed!: () => void; const all = new Promise<void>((r) => { printed = r; });\ndue.then(() => console.log('then')); fs.readFile('/proc/self/stat', () => whenDue(() => { console.log('read'); printed(); })); 1")
        second = client.execute("go(); await all; 2")
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
        self.kernel.run("reset();")
        second = client.execute("await due; 'B'")
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "t", "target_name": "throws", "data": {}}))
        client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": "t", "data": {}}))
        errors = [self.kernel.iopub("error") for _ in range(2)]
        self.assertEqual([(m["parent_header"]["msg_id"], m["content"]["evalue"]) for m in errors], [(first, "at once"), (first, "later")])
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(second).reply["ename"], "Interrupted")


if __name__ == "__main__":
    unittest.main()
