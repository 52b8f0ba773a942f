import assert from "node:assert/strict";
import { test } from "node:test";
import { runInWorker, unlessAborted } from "../../src/runtime/workerJob.js";
import { CellkernelError } from "../../src/support/error.js";

const module = new URL("../support/faultyWorker.js", import.meta.url);
const run = (order: string, onEvent?: (event: string) => void) =>
  runInWorker<string, string>(module, order, onEvent);

test("gives events in order, then the result", async () => {
  const events: string[] = [];
  assert.equal(await run("work", (event) => events.push(event)), "done");
  assert.deepEqual(events, ["got work"]);
});

test("a worker that dies is an error, not a hang", async () => {
  await assert.rejects(run("exit"), /ended unexpectedly \(exit code 3\)/);
  await assert.rejects(run("throw later"), /thrown outside the work/);
});

test("an error of the work keeps its class and message", async () => {
  await assert.rejects(run("fail"), { name: "RangeError", message: "failed inside the work" });
  await assert.rejects(run("mistake"), (error) => {
    assert.ok(error instanceof CellkernelError);
    assert.deepEqual([error.code, error.message, error.at], ["device", "too large", { option: "maxSeqLen" }]);
    return true;
  });
});

test("an aborted signal rejects at once and calls onAbort; the worker comes to its end", async () => {
  const controller = new AbortController();
  const work = run("late", () => controller.abort(new Error("enough")));
  let told = 0;
  await assert.rejects(
    unlessAborted(work, controller.signal, () => told++),
    /enough/,
  );
  assert.equal(told, 1);
  assert.equal(await work, "done");
});

test("a signal that is not aborted changes nothing", async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(run("work"), signal, assert.fail), "done");
  await assert.rejects(unlessAborted(run("fail"), signal, assert.fail), /failed inside the work/);
});
