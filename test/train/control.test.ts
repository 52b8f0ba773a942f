import assert from "node:assert/strict";
import { test } from "node:test";
import { Control } from "../../src/train/control.js";

const none = () => assert.fail("no snapshot was asked for");

test("a stop is seen by the other side of the memory, and outranks a pause", () => {
  const caller = new Control();
  const worker = new Control(caller.memory);
  assert.equal(worker.next(none), "run");
  caller.pause();
  caller.stop();
  assert.equal(worker.next(none), "stop");
});

test("pause and resume do not undo a stop", () => {
  const control = new Control();
  control.stop();
  control.pause();
  control.resume();
  assert.equal(control.next(none), "stop");
});

test("a snapshot is given once for each time it is asked for", () => {
  const control = new Control();
  let given = 0;
  control.requestSnapshot();
  control.next(() => given++);
  control.next(() => given++);
  assert.equal(given, 1);
});
