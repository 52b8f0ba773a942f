import assert from "node:assert/strict";
import { test } from "node:test";
import { shareLines } from "../../src/cli/shareLine.js";

test("progress says how much is done and what is left by the speed so far", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const lines: string[] = [];
  const tell = shareLines((line) => lines.push(line), "labelled");
  tell(0);
  now = 10_000;
  tell(0.25);
  now = 1_000_000;
  tell(0.5);
  tell(0.1);
  tell(1);
  assert.deepEqual(lines, [
    "0 % of the cells labelled",
    "25 % of the cells labelled, about 30 s left",
    "50 % of the cells labelled, about 16 min 40 s left",
    "10 % of the cells labelled, about 2 h 30 min left",
    "100 % of the cells labelled",
  ]);
});
