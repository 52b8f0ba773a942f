import assert from "node:assert/strict";
import { test } from "node:test";
import { openChannel } from "../../src/host/channels.js";
import type { Host, HostComm } from "../../src/host/host.js";

/** A kernel whose pages open comms: each target has one answer, as in the protocol. */
function kernel() {
  const answers = new Map<string, (comm: HostComm, data: unknown) => void>();
  const host: Host = {
    display: () => ({ update() {} }),
    signal: new AbortController().signal,
    ofThisCell: (callback) => callback,
    onComm(target, opened) {
      answers.set(target, opened);
      return () => answers.delete(target);
    },
  };
  /** @returns whether the comm stayed open */
  const send = (target: string, data: unknown) => {
    let open = true;
    const close = () => {
      open = false;
    };
    const comm = { send() {}, onMessage() {}, onClose() {}, close };
    answers.get(target)?.(comm, data);
    return open && answers.has(target);
  };
  return { host, send, targets: () => [...answers.keys()] };
}

test("two views are heard at once, the older one too; a view that nobody shows is told so", () => {
  const { host, send, targets } = kernel();
  const heard: string[] = [];
  const closeFirst = openChannel(host, "views", "a", ({ command }) => heard.push(`a ${command}`));
  const closeSecond = openChannel(host, "views", "b", ({ command }) => heard.push(`b ${command}`));
  assert.equal(send("views", { view: "a", command: "stop" }), true);
  assert.equal(send("views", { view: "b", command: "pause" }), true);
  assert.equal(send("views", { view: "c", command: "stop" }), false);
  assert.equal(send("views", null), false);
  closeSecond();
  assert.equal(send("views", { view: "b", command: "stop" }), false);
  assert.equal(send("views", { view: "a", command: "resume" }), true);
  assert.deepEqual(heard, ["a stop", "b pause", "a resume"]);
  closeFirst();
  assert.deepEqual(targets(), []);
});
