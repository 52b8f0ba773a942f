"""The messaging specification, message by message, with a raw jupyter_client."""

import hashlib
import hmac
import json
import tempfile
import time
import unittest
import uuid
from contextlib import contextmanager

import zmq

from support import Kernel


HEADER = json.dumps({"msg_id": "m", "session": "s", "username": "u", "date": "", "msg_type": "kernel_info_request", "version": "5.4"}).encode()


@contextmanager
def computing(kernel, step=""):
    """A cell runs for as long as the block does; with nothing to `step`, it never lets go of its thread."""
    with tempfile.TemporaryDirectory() as folder:
        end = json.dumps(f"{folder}/end")
        msg_id = kernel.begin(f'import {{ existsSync }} from "node:fs"; begun(); while (!existsSync({end})) {{ {step} }}')
        try:
            yield
        finally:
            open(json.loads(end), "w").close()
            result = kernel.collect(msg_id)
    assert result.status == "ok", result.reply


class Protocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def run_cell(self, code, **options):
        return self.kernel.run(code, **options)

    def request(self, msg_id):
        return self.kernel.reply(msg_id)["content"]

    # execute

    def test_execution_count_and_history(self):
        first = self.run_cell("1").reply["execution_count"]
        self.assertEqual(self.run_cell("2").reply["execution_count"], first + 1)
        self.assertEqual(self.run_cell("3", store_history=False).reply["execution_count"], first + 1)

    def test_silent_tells_nothing_and_is_not_counted(self):
        count = self.run_cell("1").reply["execution_count"]
        silent = self.run_cell('console.log("x"); await display(1); 2', silent=True)
        self.assertEqual((silent.status, silent.outputs), ("ok", []))
        self.assertEqual(self.run_cell("1").reply["execution_count"], count + 1)

    def test_user_expressions(self):
        result = self.run_cell("const ue = 20", user_expressions={"good": "ue + 1", "bad": "nope"})
        expressions = result.reply["user_expressions"]
        self.assertEqual(expressions["good"]["data"]["text/plain"], "21")
        self.assertEqual(expressions["bad"]["status"], "error")

    def test_an_error_aborts_what_is_queued_and_nothing_later(self):
        client = self.kernel.client
        failing = client.execute("await new Promise((r) => setTimeout(r, 100)); throw new Error('stop')")
        queued = [client.execute("'queued'") for _ in range(3)]
        self.assertEqual(self.request(failing)["status"], "error")
        later = client.execute("'later'")
        # Without a count: a front end would show the cell as one that ran.
        self.assertEqual([self.request(msg_id) for msg_id in queued], [{"status": "aborted"}] * 3)
        self.assertEqual(self.request(later)["status"], "ok")

    def test_one_sent_at_once_after_the_error_reply_runs(self):
        for _ in range(10):
            failing = self.kernel.client.execute("throw new Error('again')")
            self.assertEqual(self.request(failing)["status"], "error")
            self.assertEqual(self.request(self.kernel.client.execute("1"))["status"], "ok")

    def test_stop_on_error_false_runs_what_is_queued(self):
        client = self.kernel.client
        failing = client.execute("await null; throw new Error('go on')", stop_on_error=False)
        queued = client.execute("1")
        self.assertEqual(self.request(failing)["status"], "error")
        self.assertEqual(self.request(queued)["status"], "ok")

    def test_cells_run_in_order(self):
        client = self.kernel.client
        self.run_cell("let order: number[] = [];")
        ids = [client.execute(f"await new Promise((r) => setTimeout(r, {20 - 5 * i})); order.push({i})") for i in range(4)]
        for msg_id in ids:
            self.request(msg_id)
        self.assertEqual(self.run_cell("order").text, "[ 0, 1, 2, 3 ]")

    def test_the_error_says_where(self):
        result = self.run_cell("function bad() {\n  throw new RangeError('here');\n}\nbad()")
        self.assertEqual((result.reply["ename"], result.reply["evalue"]), ("RangeError", "here"))
        count = result.reply["execution_count"]
        self.assertIn(f"at bad (cell {count}:2:9)", result.traceback)
        self.assertIn(f"at cell {count}:4:1", result.traceback)
        self.assertNotIn("dist/kernel", result.traceback)
        self.assertNotIn("node:", result.traceback)
        self.assertIn("\x1b[31mRangeError", result.traceback)
        self.assertEqual(result.of("error")[0]["traceback"], result.reply["traceback"])

    def test_the_error_says_where_after_an_await(self):
        result = self.run_cell("await null;\nconst inner = async () => {\n  await null;\n  null!.x;\n};\nawait inner()")
        self.assertEqual(result.reply["ename"], "TypeScriptError")
        self.assertIn("line 4, column 9", result.reply["evalue"])
        result = self.run_cell("await null;\n\nJSON.parse('{')")
        self.assertIn(":3:6", result.traceback)

    # stdin

    def test_input(self):
        client = self.kernel.client
        msg_id = client.execute('const answer = await input("name? "); answer', allow_stdin=True)
        question = client.get_stdin_msg(timeout=5)
        self.assertEqual(question["content"], {"prompt": "name? ", "password": False})
        client.input("Ada")
        self.assertEqual(self.kernel.collect(msg_id).text, "'Ada'")

    def test_input_where_it_is_not_allowed(self):
        result = self.run_cell('await input("x")', allow_stdin=False)
        self.assertEqual(result.status, "error")
        self.assertIn("does not allow", result.reply["evalue"])

    # outputs

    def test_streams_keep_their_order(self):
        result = self.run_cell('console.log("a"); console.error("b"); console.log("c")')
        self.assertEqual([(c["name"], c["text"]) for c in result.of("stream")], [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c\n")])

    def test_streams_come_while_the_cell_computes(self):
        with computing(self.kernel):
            # It ends only afterwards.
            pass

    def test_display_and_update(self):
        result = self.run_cell('const shown = await display("first", { id: "d1" });')
        self.assertEqual(result.of("display_data")[0]["transient"], {"display_id": "d1"})
        update = self.run_cell('await display.update("d1", "second")').of("update_display_data")[0]
        self.assertEqual((update["data"]["text/plain"], update["transient"]), ("'second'", {"display_id": "d1"}))

    def test_updates_are_thinned_and_the_last_arrives(self):
        result = self.run_cell(
            "const bar = display.progress(100); const start = Date.now();\n"
            "for (let i = 1; i <= 100; i++) { bar.update(i); await new Promise((r) => setTimeout(r, 5)); } Date.now() - start"
        )
        updates = result.of("update_display_data")
        self.assertLessEqual(len(updates), int(result.text) / 100 + 2)
        self.assertEqual(updates[-1]["data"]["text/plain"], "100/100")

    def test_an_update_after_the_cell_goes_to_the_cell_that_displayed(self):
        first = self.kernel.client.execute(
            'const late = await display("waiting"); let go!: () => void; void new Promise<void>((r) => { go = r; }).then(() => late.update("done")); 1'
        )
        self.kernel.collect(first)
        second = self.kernel.client.execute("go(); await null")
        update = self.kernel.iopub("update_display_data")
        self.assertEqual(update["parent_header"]["msg_id"], first)
        self.kernel.collect(second)

    def test_what_a_timer_prints_goes_to_the_cell_that_set_it(self):
        first = self.kernel.client.execute('let due = false; const timer = setInterval(async () => { if (!due) return; clearInterval(timer); await null; console.log("tick") }, 10); 1')
        self.kernel.collect(first)
        second = self.kernel.client.execute("due = true; await new Promise((r) => setTimeout(r, 50))")
        self.assertEqual(self.kernel.iopub("stream")["parent_header"]["msg_id"], first)
        self.kernel.collect(second)

    def test_clear_output(self):
        self.assertEqual(self.run_cell("jupyter.clearOutput(true)").of("clear_output"), [{"wait": True}])

    # what front ends ask

    def test_kernel_info(self):
        info = self.request(self.kernel.client.kernel_info())
        self.assertEqual((info["protocol_version"], info["implementation"]), ("5.4", "cellkernel"))
        language = info["language_info"]
        self.assertEqual((language["name"], language["pygments_lexer"], language["file_extension"]), ("typescript", "typescript", ".ts"))
        self.assertEqual(language["codemirror_mode"]["mode"], "typescript")

    def test_complete_with_types(self):
        self.run_cell("/** Twice. */\nfunction doubled(x: number): number { return 2 * x; }")
        reply = self.request(self.kernel.client.complete("const 😀y = doub + 1", 15))
        self.assertEqual((reply["matches"], reply["cursor_start"], reply["cursor_end"]), (["doubled"], 11, 15))
        typed = reply["metadata"]["_jupyter_types_experimental"][0]
        self.assertEqual(typed["type"], "function")
        self.assertIn("doubled(x: number): number", typed["signature"])

    def test_complete_members_and_paths(self):
        self.run_cell("const rec = { alpha: 1, beta: { gamma: 'x' } };")
        self.assertEqual(self.request(self.kernel.client.complete("rec.beta."))["matches"], ["gamma"])
        self.assertIn("toFixed", self.request(self.kernel.client.complete("rec.alpha.to"))["matches"])
        self.assertIn("node:fs", self.request(self.kernel.client.complete('import "node:f'))["matches"])

    def test_inspect_signature_and_documentation(self):
        self.run_cell("/** Three times.\n * @param x a number */\nfunction tripled(x: number) { return 3 * x; }")
        for code, cursor in [("tripled(1)", 3), ("tripled", 7), ("tripled(", 8), ("tripled(4, ", 11)]:
            with self.subTest(code):
                reply = self.request(self.kernel.client.inspect(code, cursor))
                self.assertTrue(reply["found"])
                signature = "function tripled(x: number): number"
                self.assertEqual(reply["data"]["text/plain"], f"{signature}\n\nThree times.\n\n@param x a number")
                self.assertEqual(
                    reply["data"]["text/markdown"],
                    f"```typescript\n{signature}\n```\n\nThree times.\n\n*@param* x a number",
                )
        self.assertFalse(self.request(self.kernel.client.inspect("   ", 1))["found"])

    def test_library_functions_show_their_documentation(self):
        self.run_cell('import { readH5ad } from "cellkernel";')
        reply = self.request(self.kernel.client.inspect("readH5ad", 4))
        self.assertIn("readH5ad(", reply["data"]["text/plain"])
        self.assertIn("h5ad", reply["data"]["text/plain"].split("\n", 1)[1])

    def test_is_complete_indents(self):
        reply = self.request(self.kernel.client.is_complete("function f() {\n  if (true) {"))
        self.assertEqual(reply, {"status": "incomplete", "indent": "    "})

    def test_history_survives_a_restart(self):
        mark = f"'mark {time.time()}'"
        self.run_cell(mark)
        self.kernel.restart()
        history = self.request(self.kernel.client.history(hist_access_type="search", pattern="'mark*", n=1))["history"]
        self.assertEqual(history[0][2], mark)
        own = self.request(self.kernel.client.history(hist_access_type="range", session=0, start=0, stop=10))["history"]
        self.assertEqual(own, [])

    # comms

    def test_comm_opened_by_the_page_with_binary_buffers(self):
        self.run_cell(
            'const close = jupyter.onComm("echo", (comm, data) => {\n'
            "  comm.send({ opened: data });\n"
            "  comm.onMessage((data, buffers) => comm.send({ data }, buffers.map((b) => b.map((x) => x + 1))));\n"
            "});"
        )
        client = self.kernel.client
        opening = client.session.msg("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {"a": 1}})
        client.shell_channel.send(opening)
        self.assertEqual(self.kernel.iopub("comm_msg")["content"], {"comm_id": "c1", "data": {"opened": {"a": 1}}})
        info = self.request_of("comm_info_request", {"target_name": "echo"})
        self.assertEqual(info["comms"], {"c1": {"target_name": "echo"}})
        # While a cell runs: comm messages do not wait for it.
        with computing(self.kernel, "await new Promise((r) => setTimeout(r, 10))"):
            message = client.session.msg("comm_msg", {"comm_id": "c1", "data": "hi"})
            client.session.send(client.shell_channel.socket, message, buffers=[b"\x01\x02", b"\xfe"])
            echo = self.kernel.iopub("comm_msg")
            self.assertEqual(echo["content"]["data"], {"data": "hi"})
            self.assertEqual([bytes(b) for b in echo["buffers"]], [b"\x02\x03", b"\xff"])
        client.shell_channel.send(client.session.msg("comm_close", {"comm_id": "c1", "data": {}}))
        self.assertEqual(self.request_of("comm_info_request", {})["comms"], {})

    def test_comm_opened_by_the_kernel(self):
        result = self.run_cell('const mine = jupyter.openComm("page.target", { b: 2 }, [new Uint8Array([7])]); mine.send(3); mine.close()')
        opened, message, closed = result.outputs
        self.assertEqual((opened["content"]["target_name"], opened["content"]["data"]), ("page.target", {"b": 2}))
        self.assertEqual([bytes(b) for b in opened["buffers"]], [b"\x07"])
        self.assertEqual(message["content"]["data"], 3)
        self.assertEqual((closed["msg_type"], closed["content"]["comm_id"]), ("comm_close", opened["content"]["comm_id"]))

    def test_comms_carry_what_widgets_need(self):
        opened = self.run_cell(
            'const model = jupyter.openComm("jupyter.widget", { state: {} }, [], { version: "2.1.0" }); let said: unknown[] = [];\n'
            "model.onMessage((data, buffers, metadata) => { said = [data, buffers.length, metadata]; });\n"
            'model.onClose((data) => { said = ["closed", data]; }); model.send(1, [], { more: true }); model.id.length > 0'
        )
        opening, message = opened.outputs[:2]
        self.assertEqual((opening["metadata"], message["metadata"], opened.text), ({"version": "2.1.0"}, {"more": True}, "true"))
        client, comm = self.kernel.client, opening["content"]["comm_id"]
        answer = client.session.msg("comm_msg", {"comm_id": comm, "data": "hi"}, metadata={"from": "page"})
        client.session.send(client.shell_channel.socket, answer, buffers=[b"1"])
        self.assertEqual(self.run_cell("said").text, "[ 'hi', 1, { from: 'page' } ]")
        client.shell_channel.send(client.session.msg("comm_close", {"comm_id": comm, "data": {"why": 1}}))
        self.assertEqual(self.run_cell("said").text, "[ 'closed', { why: 1 } ]")
        self.run_cell("jupyter.onComm('opened', (comm, data, buffers, metadata) => comm.send([data, buffers.length, metadata]));")
        opening = client.session.msg("comm_open", {"comm_id": "w", "target_name": "opened", "data": 2}, metadata={"version": "2.1.0"})
        client.session.send(client.shell_channel.socket, opening, buffers=[b"1", b"2"])
        self.assertEqual(self.kernel.iopub("comm_msg")["content"]["data"], [2, 2, {"version": "2.1.0"}])

    def test_comm_to_a_target_that_nobody_answers_is_closed(self):
        client = self.kernel.client
        client.shell_channel.send(client.session.msg("comm_open", {"comm_id": "c9", "target_name": "none", "data": {}}))
        self.assertEqual(self.kernel.iopub("comm_close")["content"]["comm_id"], "c9")

    # the wire

    def request_of(self, msg_type, content):
        client = self.kernel.client
        message = client.session.msg(msg_type, content)
        client.shell_channel.send(message)
        return self.request(message["header"]["msg_id"])

    def test_every_request_is_busy_then_idle(self):
        client = self.kernel.client
        msg_id = client.complete("con")
        states = [self.status_of(msg_id), self.status_of(msg_id)]
        self.assertEqual(states, ["busy", "idle"])
        self.request(msg_id)

    def status_of(self, msg_id):
        while True:
            message = self.kernel.iopub("status")
            if message["parent_header"].get("msg_id") == msg_id:
                return message["content"]["execution_state"]

    def test_heartbeat_while_a_cell_computes(self):
        info = self.kernel.manager.get_connection_info()
        with computing(self.kernel), zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(f"tcp://{info['ip']}:{info['hb_port']}")
            socket.send(b"ping")
            self.assertEqual(socket.poll(10_000), zmq.POLLIN)
            self.assertEqual(socket.recv(), b"ping")

    def test_kernel_info_on_the_control_channel_while_a_cell_computes(self):
        client = self.kernel.client
        with computing(self.kernel):
            client.control_channel.send(client.session.msg("kernel_info_request", {}))
            self.assertEqual(client.get_control_msg(timeout=10)["content"]["status"], "ok")

    def answered(self, header, content=b"{}", key=None, signature=None):
        """Sends one message, frame by frame, and a good one behind it: the ids of those that are answered."""
        # No message is taken twice.
        once = str(uuid.uuid4()).encode()
        header = header.replace(b'"m"', b'"m ' + once + b'"')
        info = self.kernel.manager.get_connection_info()
        signed = lambda frames, key: hmac.new(key, b"".join(frames), hashlib.sha256).hexdigest().encode()
        frames = [header, b"{}", b"{}", content]
        good = [HEADER.replace(b'"m"', b'"good ' + once + b'"'), b"{}", b"{}", b"{}"]
        with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
            socket.linger = 0
            socket.connect(f"tcp://{info['ip']}:{info['shell_port']}")
            socket.send_multipart([b"<IDS|MSG>", signed(frames, key or info["key"]) if signature is None else signature, *frames])
            socket.send_multipart([b"<IDS|MSG>", signed(good, info["key"]), *good])
            answers = []
            while "good" not in answers:
                self.assertEqual(socket.poll(20_000), zmq.POLLIN)
                answers.append(json.loads(socket.recv_multipart()[3])["msg_id"].split()[0])
            return answers

    def test_what_is_not_for_us_is_dropped(self):
        self.assertEqual(self.answered(HEADER), ["m", "good"])
        for header, options in [
            (HEADER, {"key": b"wrong key"}),
            (HEADER, {"signature": b""}),
            (b"{not JSON", {}),
            (b"[1]", {}),
            (HEADER.replace(b"kernel_info_request", b"no_such_request"), {}),
            (HEADER, {"content": b'{"code": '}),
        ]:
            with self.subTest(header=header, options=options):
                self.assertEqual(self.answered(header, **options), ["good"])
        self.assertEqual(self.run_cell("'alive'").text, "'alive'")


if __name__ == "__main__":
    unittest.main()
