import assert from "node:assert/strict";
import { test } from "node:test";
import type { Host, HostComm, MimeBundle } from "../../src/host/host.js";
import { LiveTraining } from "../../src/protocol/liveTraining.js";
import { TrainingRecord } from "../../src/protocol/trainingRecord.js";
import {
  TRAINING_MIME,
  type TrainingPayload,
  VIEW_TARGET,
  type ViewAnswer,
} from "../../src/views/contract.js";

test("two runs below two cells: each hears its own buttons, and leaves a picture when it ends", async () => {
  let opened: ((comm: HostComm, data: unknown) => void) | undefined;
  const shown: MimeBundle[][] = [];
  const host: Host = {
    display(bundle) {
      const own = [bundle];
      shown.push(own);
      return { update: (next) => void own.push(next) };
    },
    signal: new AbortController().signal,
    ofThisCell: (callback) => callback,
    onComm(target, callback) {
      assert.equal(target, VIEW_TARGET);
      opened = callback;
      return () => {
        opened = undefined;
      };
    },
  };
  const heard: string[] = [];
  const orders = (run: string) => ({
    stop: () => void heard.push(`${run} stop`),
    pause: () => void heard.push(`${run} pause`),
    resume: () => void heard.push(`${run} resume`),
  });
  const progress = (run: string) => new TrainingRecord(run, 8, 2).progress();
  const [first, second] = ["a", "b"].map((run) => new LiveTraining(host, progress(run), orders(run)));
  const press = (view: string, command: string) =>
    opened!({ send() {}, onMessage() {}, onClose() {}, close() {} }, { view, command });
  press("a", "stop");
  press("b", "pause");
  press("b", "explode");
  press("c", "stop");
  assert.deepEqual(heard, ["a stop", "b pause"]);
  second.update(progress("b"), true);
  second.update(progress("b"));
  assert.equal(shown[1].length, 2, "it is drawn more often than twice a second");
  // A page that was opened anew asks, is answered, and is told from then on.
  const answers: unknown[] = [];
  const send = (data: unknown) => void answers.push(data);
  opened!({ send, onMessage() {}, onClose() {}, close() {} }, { view: "a", command: "watch" });
  first.update({ ...progress("a"), state: "paused" }, true);
  await first.close({ ...progress("a"), state: "stopped" });
  const last = shown[0][shown[0].length - 1];
  assert.equal((last[TRAINING_MIME] as TrainingPayload).state, "stopped");
  assert.ok(last["image/png"]);
  const states = answers.map((answer) => (answer as ViewAnswer).bundle[TRAINING_MIME] as TrainingPayload);
  assert.deepEqual(
    states.map(({ state }) => state),
    ["running", "paused", "stopped"],
  );
  assert.ok(opened, "the other run hears no more");
  await second.close(progress("b"));
  // A page that was closed in between hears of the end, and its buttons reach nobody.
  answers.length = 0;
  opened!({ send, onMessage() {}, onClose() {}, close() {} }, { view: "a", command: "watch" });
  press("a", "stop");
  assert.deepEqual(answers, [{ bundle: last }]);
  assert.deepEqual(heard, ["a stop", "b pause"]);
  // Of the last ten.
  for (let i = 0; i < 10; i++) {
    const run = progress(`later ${i}`);
    await new LiveTraining(host, run, orders(run.run)).close(run);
  }
  let closed = 0;
  opened!(
    { send, onMessage() {}, onClose() {}, close: () => void closed++ },
    { view: "a", command: "watch" },
  );
  assert.equal(closed, 1);
});
