import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type LabelledCells, logisticRegression, nearestNeighbours } from "../../src/evaluate/baselines.js";
import { minimise } from "../../src/evaluate/lbfgs.js";

/** Written by test/fixtures/evaluate/make.py with scikit-learn. */
const sklearn: {
  features: number[][];
  labels: number[];
  train: number;
  classes: number;
  logistic: number[];
  logistic_probabilities: number[][];
  neighbours: number[];
} = JSON.parse(readFileSync("test/fixtures/evaluate/baselines.json", "utf8"));

const train: LabelledCells = {
  features: Float64Array.from(sklearn.features.slice(0, sklearn.train).flat()),
  labels: sklearn.labels.slice(0, sklearn.train),
  columns: 10,
  classes: sklearn.classes,
};
const test100 = Float64Array.from(sklearn.features.slice(sklearn.train).flat());

test("logistic regression has scikit-learn's labels, and its probabilities to 1e-5", () => {
  const { labels, probabilities } = logisticRegression(train, test100, { tolerance: 1e-8 });
  assert.deepEqual([...labels], sklearn.logistic);
  const expected = sklearn.logistic_probabilities.flat();
  const worst = probabilities.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i])), 0);
  assert.ok(worst < 1e-5, `largest difference ${worst}`);
});

test("nearest neighbours have scikit-learn's labels", () => {
  assert.deepEqual([...nearestNeighbours(train, test100, { k: 15 }).labels], sklearn.neighbours);
});

test("L-BFGS finds the minimum of Rosenbrock's valley, (1, 1)", () => {
  const x = Float64Array.of(-1.2, 1);
  const converged = minimise(
    ([a, b], gradient) => {
      gradient[0] = -400 * a * (b - a * a) - 2 * (1 - a);
      gradient[1] = 200 * (b - a * a);
      return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
    },
    x,
    1e-10,
    200,
  );
  assert.ok(converged);
  assert.ok(Math.hypot(x[0] - 1, x[1] - 1) < 1e-9, `reached ${x}`);
});

test("wrong shapes are named", () => {
  assert.throws(() => nearestNeighbours(train, test100, { k: 251 }), /250 training cells; 251 neighbours/);
  assert.throws(() => nearestNeighbours(train, test100.subarray(1)), /999 values don't make rows of 10/);
  assert.throws(
    () => logisticRegression({ ...train, labels: [0] }, test100),
    /1 labels for 250 training cells/,
  );
});
