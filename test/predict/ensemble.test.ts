import assert from "node:assert/strict";
import { test } from "node:test";
import { ensembleLogits } from "../../src/predict/ensemble.js";
import { labelCells } from "../../src/predict/labels.js";

test("the probability of an ensemble is the mean of its members'", () => {
  // Softmax of (ln 3, 0) is (3/4, 1/4), of (0, ln 9) is (1/10, 9/10): means 0.425 and 0.575. The second cell's are equal.
  const members = [Float32Array.of(Math.log(3), 0, 1, 1), Float32Array.of(0, Math.log(9), 1000, 1000)];
  const { codes, probabilities, margins } = labelCells(ensembleLogits(members, 2), 2);
  assert.deepEqual([...codes], [1, 0]);
  [0.575, 0.5].forEach((expected, i) => {
    assert.ok(Math.abs(probabilities[i] - expected) < 1e-6, `${probabilities[i]} for ${expected}`);
  });
  assert.ok(Math.abs(margins[0] - 0.15) < 1e-6);
});
