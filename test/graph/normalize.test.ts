import assert from "node:assert/strict";
import { test } from "node:test";
import { mul } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { batchNormEval, batchNormTrain, layerNorm, unitRows } from "../../src/graph/normalize.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, type Operand, runGraph, uniform } from "../support/runGraph.js";

const x = uniform([5, 4], 1, -2, 2, ["B", 4]);
const at = (i: number, k: number) => x.data[i * 4 + k];
const each = (value: (i: number, k: number) => number) =>
  Array.from({ length: 20 }, (_, e) => value(Math.floor(e / 4), e % 4));
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: number[]) => mean(values.map((v) => (v - mean(values)) ** 2));
const rowOf = (i: number) => [0, 1, 2, 3].map((k) => at(i, k));
const columnOf = (k: number) => [0, 1, 2, 3, 4].map((i) => at(i, k));

test("layerNorm: values, derivative by input, weight and bias", async () => {
  const [weight, bias] = [uniform([4], 2, 0.5, 2), uniform([4], 3)];
  const y = await checkGradient([x, weight, bias], (g, [t, w, b]) => layerNorm(g, t, w, b), {
    outputDims: [5, 4],
    // Its means and deviations are kept in single precision.
    tolerance: 1e-6,
  });
  const expected = each(
    (i, k) =>
      ((at(i, k) - mean(rowOf(i))) / Math.sqrt(variance(rowOf(i)) + 1e-5)) * weight.data[k] + bias.data[k],
  );
  // onnxruntime holds epsilon in single precision.
  assertClose(y, expected, 1e-9);
});

const running: Operand[] = [uniform([4], 4, -1, 1), uniform([4], 5, 0.5, 1.5)];

test("batchNormTrain: values, derivative, and the running statistics as PyTorch moves them", async () => {
  const [m, v] = running;
  const y = await checkGradient(
    [x, m, v],
    (g, [t, mean, variance]) => batchNormTrain(g, t, { mean, variance }, 6.1e-5).output,
    { outputDims: [5, 4], ignore: [1, 2] },
  );
  assertClose(
    y,
    each((i, k) => (at(i, k) - mean(columnOf(k))) / Math.sqrt(variance(columnOf(k)) + 6.1e-5)),
  );
  const g = new Graph();
  const [t, oldMean, oldVariance] = inputsOf(g, [x, m, v]);
  const n = batchNormTrain(g, t, { mean: oldMean, variance: oldVariance }, 6.1e-5);
  g.output("mean", n.runningMean);
  g.output("variance", n.runningVariance);
  const out = await runGraph(g, [x, m, v]);
  const columns = [0, 1, 2, 3];
  assertClose(
    out.mean,
    columns.map((k) => 0.9 * m.data[k] + 0.1 * mean(columnOf(k))),
  );
  // The running variance is the unbiased one.
  assertClose(
    out.variance,
    columns.map((k) => 0.9 * v.data[k] + (0.1 * variance(columnOf(k)) * 5) / 4),
  );
});

test("batchNormEval: by the running statistics", async () => {
  const [m, v] = running;
  const y = await checkGradient(
    [x, m, v],
    (g, [t, mean, variance]) => batchNormEval(g, t, { mean, variance }, 6.1e-5),
    { outputDims: [5, 4] },
  );
  assertClose(
    y,
    each((i, k) => (at(i, k) - m.data[k]) / Math.sqrt(v.data[k] + 6.1e-5)),
  );
});

test("unitRows: rows of length 1, derivative; a row of zeros stays zeros", async () => {
  const y = await checkGradient([x], (g, [t]) => unitRows(g, t), { outputDims: [5, 4] });
  assertClose(
    y,
    each((i, k) => at(i, k) / Math.hypot(...rowOf(i))),
  );
  const g = new Graph();
  const [t] = inputsOf(g, [x]);
  g.output("y", unitRows(g, mul(g, t, 0)));
  assert.deepEqual((await runGraph(g, [x])).y.map(Math.abs), Array(20).fill(0));
});

test("a weight of another width is refused when the graph is built", () => {
  const g = new Graph();
  const weight = g.input("w", "float32", [3]);
  assert.throws(() => layerNorm(g, g.input("x", "float32", ["B", 4]), weight, weight), {
    name: "GraphError",
    message: "layerNorm: input [B, 4], weight [3]",
  });
});
