import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { RefusedMessage, Wire } from "../../kernel/wire.js";

const wire = new Wire({ key: "secret", signature_scheme: "hmac-sha256" });
const header = JSON.stringify({ msg_id: "1", msg_type: "kernel_info_request", session: "s" });

/** Frames as a client sends them, signed with `key`. */
function frames(parts: string[], key = "secret"): Buffer[] {
  const signature = createHmac("sha256", key).update(parts.join("")).digest("hex");
  return ["identity", "<IDS|MSG>", signature, ...parts].map((part) => Buffer.from(part));
}

test("a signed message is read, with its routing frames and its buffers", () => {
  const message = wire.decode([...frames([header, "{}", '{"a":1}', '{"code":"é"}']), Buffer.from([1, 2])]);
  assert.equal(message.header.msg_type, "kernel_info_request");
  assert.deepEqual([message.metadata, message.content], [{ a: 1 }, { code: "é" }]);
  assert.deepEqual(message.ids.map(String), ["identity"]);
  assert.deepEqual(message.buffers, [Buffer.from([1, 2])]);
});

test("what we write can be read, content given as JSON as well", () => {
  for (const content of [{ x: [1, "b"] }, '{"x":[1,"b"]}']) {
    const sent = wire.encode({ type: "status", content, parent: { msg_id: "7" } }, [Buffer.from("topic")]);
    const message = wire.decode(sent);
    assert.deepEqual(message.content, { x: [1, "b"] });
    assert.equal(message.parent_header.msg_id, "7");
    assert.equal(message.header.version, "5.4");
  }
});

test("wrong signatures, missing frames and malformed JSON are refused", () => {
  const cases: [Buffer[], RegExp][] = [
    [frames([header, "{}", "{}", "{}"], "other key"), /wrong signature/],
    [frames([header, "{}", "{}", "{}"]).slice(0, 5), /frames are missing/],
    [[Buffer.from("nothing")], /frames are missing/],
    [frames([header, "{}", "{}", "{"]), /malformed JSON/],
    [frames([header, "{}", "{}", "[]"]), /expected a JSON object/],
    [frames(["{}", "{}", "{}", "{}"]), /no msg_type/],
  ];
  for (const [bad, message] of cases) {
    assert.throws(
      () => wire.decode(bad),
      (error) => error instanceof RefusedMessage && message.test(error.message),
    );
  }
});

test("a message is taken once, however often it is sent, and of very many the latest are remembered", () => {
  const once = new Wire({ key: "secret", signature_scheme: "hmac-sha256" });
  const numbered = (id: number) =>
    frames([JSON.stringify({ msg_id: String(id), msg_type: "execute_request" }), "{}", "{}", "{}"]);
  assert.equal(once.decode(numbered(0)).header.msg_id, "0");
  for (let i = 0; i < 4; i++) assert.throws(() => once.decode(numbered(0)), /sent before/);
  for (let id = 1; id < 65_536; id++) once.decode(numbered(id));
  assert.throws(() => once.decode(numbered(0)), /sent before/);
  assert.throws(() => once.decode(numbered(65_535)), /sent before/);
});

test("a connection without a key needs no signature", () => {
  const open = new Wire({ key: "", signature_scheme: "" });
  const parts = ["<IDS|MSG>", "", header, "{}", "{}", "{}"].map((part) => Buffer.from(part));
  assert.equal(open.decode(parts).header.msg_id, "1");
});
