import assert from "node:assert/strict";
import { test } from "node:test";
import { fitTemperature, probabilities, reliability } from "../../src/evaluate/calibration.js";
import { logLoss } from "../../src/evaluate/metrics.js";
import { CellkernelError } from "../../src/support/error.js";
import { near, trust } from "../support/trustFixture.js";

const { truth, logits, classes } = trust;

test("the temperature is scipy's minimum of the log loss", () => {
  const temperature = fitTemperature(truth, logits, classes);
  near(temperature, trust.temperature, 1e-6);
  near(logLoss(truth, probabilities(logits, classes, temperature), classes), trust.loss, 1e-10);
});

test("cells that are all right say nothing of how often labels are wrong", () => {
  assert.equal(fitTemperature([0, 1], Float32Array.of(2, 0, 0, 1), 2), 1);
  assert.throws(() => fitTemperature([], new Float32Array(0), 2), CellkernelError);
});

test("the expected calibration error is torchmetrics'", () => {
  const { error, bins } = reliability(truth, probabilities(logits, classes), classes);
  near(error, trust.calibrationError, 1e-6);
  assert.equal(
    bins.reduce((cells, bin) => cells + bin.cells, 0),
    truth.length,
  );
});

test("a bin's upper end is its own, as in torchmetrics", () => {
  const { bins } = reliability([0, 1], Float64Array.of(0.8, 0.2, 0.6, 0.4), 2, 5);
  assert.deepEqual(
    bins.map(({ cells, confidence, accuracy }) => [cells, confidence, accuracy]),
    [
      [0, Number.NaN, Number.NaN],
      [0, Number.NaN, Number.NaN],
      [1, 0.6, 0],
      [1, 0.8, 1],
      [0, Number.NaN, Number.NaN],
    ],
  );
});
