import assert from "node:assert/strict";
import { test } from "node:test";
import { labelThreshold } from "../../src/evaluate/unassigned.js";

// Worked out by hand: of the cells from the surest down, right labels are 1/1, 2/2, 2/3, 3/4, 4/5, 4/6.
const right = [true, true, false, true, true, false];
const confidence = [0.99, 0.95, 0.9, 0.8, 0.8, 0.3];

test("the lowest probability from which labels are right as often as wanted; equals go together", () => {
  assert.deepEqual(labelThreshold(right, confidence, 0.8), {
    probability: 0.8,
    precision: 0.8,
    assigned: 5 / 6,
    reached: true,
  });
  assert.deepEqual(labelThreshold(right, confidence, 0.9), {
    probability: 0.95,
    precision: 1,
    assigned: 2 / 6,
    reached: true,
  });
});

test("a precision that can't be reached: the best that can", () => {
  assert.deepEqual(labelThreshold([false, true, true], [0.9, 0.8, 0.7], 0.9), {
    probability: 0.7,
    precision: 2 / 3,
    assigned: 1,
    reached: false,
  });
});
