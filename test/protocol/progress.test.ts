import assert from "node:assert/strict";
import { test } from "node:test";
import type { PreprocessProgress } from "../../src/protocol/preprocessOptions.js";
import { Meter } from "../../src/protocol/progress.js";

test("the last report is of all cells, and says that nothing is left", async () => {
  const seen: PreprocessProgress[] = [];
  const meter = new Meter("tokens", 30, { onProgress: (progress) => seen.push(progress) });
  for (let i = 0; i < 3; i++) await meter.advance(10);
  const last = seen[seen.length - 1];
  assert.deepEqual([last.stage, last.cellsDone, last.cells, last.secondsLeft], ["tokens", 30, 30, 0]);
  assert.ok(last.cellsPerSecond > 0);
});

test("an aborted signal ends it, before the first cells and after any", async () => {
  const stop = new AbortController();
  const meter = new Meter("tokens", 30, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(meter.advance(30), /enough/);
  assert.throws(() => new Meter("tokens", 30, { signal: stop.signal }), /enough/);
});
