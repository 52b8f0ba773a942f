import assert from "node:assert/strict";
import { test } from "node:test";
import { balancedClassWeights } from "../../src/train/classWeights.js";

test("n / (k · count), as scikit-learn's compute_class_weight('balanced')", () => {
  // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1, 2, 2]) = [0.66666667, 2., 1.]
  const weights = balancedClassWeights([0, 0, 0, 1, 2, 2], 3);
  [0.66666667, 2, 1].forEach((expected, i) => {
    assert.ok(Math.abs(weights[i] - expected) < 1e-7);
  });
});

test("a class without cells has no weight", () => {
  assert.deepEqual([...balancedClassWeights([0, 0, 2, 2], 3)], [4 / 6, 0, 4 / 6].map(Math.fround));
});
