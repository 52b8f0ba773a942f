import assert from "node:assert/strict";
import { test } from "node:test";
import { tooManyUnlike, unlikeThreshold } from "../../src/evaluate/unlike.js";

test("the threshold is the conformal quantile: of 19 cells the largest, of 39 the second largest", () => {
  const distances = (count: number) => Float32Array.from({ length: count }, (_, i) => count - i);
  assert.equal(unlikeThreshold(distances(18)), undefined);
  assert.equal(unlikeThreshold(distances(19)), 19);
  assert.equal(unlikeThreshold(distances(39)), 38);
});

test("a file is told of where three standard deviations, and twice the expected share, are passed", () => {
  // 5 % expected; sqrt(0.05 · 0.95 · (1/1000 + 1/100)) = 0.0229, thrice that 0.0686.
  assert.equal(tooManyUnlike(118, 1000, 100), false);
  assert.equal(tooManyUnlike(119, 1000, 100), true);
  // Of many cells a share of 6 % is no chance, and no matter.
  assert.equal(tooManyUnlike(6000, 100_000, 100_000), false);
  assert.equal(tooManyUnlike(10_001, 100_000, 100_000), true);
});
