import assert from "node:assert/strict";
import { test } from "node:test";
import { runInWorker } from "../../src/runtime/workerJob.js";

const module = new URL("../support/faultyWorker.js", import.meta.url);
const run = (order: string, options = {}) => runInWorker<string, string>(module, order, options);

test("gives events in order, then the result", async () => {
  const events: string[] = [];
  assert.equal(await run("work", { onEvent: (event: string) => events.push(event) }), "done");
  assert.deepEqual(events, ["got work"]);
});

test("a worker that dies is an error, not a hang", async () => {
  await assert.rejects(run("exit"), /ended unexpectedly \(exit code 3\)/);
  await assert.rejects(run("throw later"), /thrown outside the work/);
});

test("an error of the work keeps its class and message", async () => {
  await assert.rejects(run("fail"), { name: "RangeError", message: "failed inside the work" });
});

test("an aborted signal rejects at once and calls onAbort; what the worker does after is not heard", async () => {
  const controller = new AbortController();
  let told = false;
  const options = {
    signal: controller.signal,
    onAbort: () => {
      told = true;
    },
    onEvent: () => controller.abort(new Error("enough")),
  };
  await assert.rejects(run("late", options), /enough/);
  assert.ok(told);
});
