import assert from "node:assert/strict";
import { test } from "node:test";
import { sigmoid } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { crossEntropy, maskedMeanSquaredError, negativeLogBernoulli } from "../../src/graph/losses.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, integers, numbers, runGraph, uniform } from "../support/runGraph.js";

const logits = uniform([4, 3], 1, -3, 3, ["B", 3]);
const labels = integers([4], [2, 0, 1, 2], ["B"]);
const weights = numbers([4], [0.1, 0.2, 0.3, 0.4], ["B"]);

test("crossEntropy: weighted sum over the cells, derivative by the logits", async () => {
  const y = await checkGradient([logits, labels, weights], (g, [l, c, w]) => crossEntropy(g, l, c, w), {
    outputDims: [],
    ignore: [2],
  });
  const expected = Array.from(labels.data).reduce((sum, label, i) => {
    const row = Array.from(logits.data.slice(3 * i, 3 * i + 3));
    const total = row.reduce((s, v) => s + Math.exp(v), 0);
    return sum + weights.data[i] * (Math.log(total) - row[label]);
  }, 0);
  assertClose(y, [expected]);
});

test("crossEntropy: logits of a thousand neither overflow nor lose the answer", async () => {
  const huge = numbers([2, 2], [1000, -1000, 1000, -1000], ["B", 2]);
  const g = new Graph();
  const operands = [huge, integers([2], [0, 1], ["B"]), numbers([2], [1, 1], ["B"])];
  const [l, c, w] = inputsOf(g, operands);
  g.output("loss", crossEntropy(g, l, c, w));
  assert.deepEqual((await runGraph(g, operands)).loss, [2000]);
});

const mask = numbers([2, 3], [1, 0, 1, 1, 0, 0], ["B", 3]);

test("maskedMeanSquaredError: mean over the masked elements alone, derivative", async () => {
  const [x, target] = [uniform([2, 3], 2, -1, 1, ["B", 3]), uniform([2, 3], 3, -1, 1, ["B", 3])];
  const y = await checkGradient([x, target, mask], (g, [a, b, m]) => maskedMeanSquaredError(g, a, b, m), {
    outputDims: [],
    ignore: [2],
  });
  const squares = [0, 2, 3].map((i) => (x.data[i] - target.data[i]) ** 2);
  assertClose(y, [squares.reduce((a, b) => a + b) / 3]);
});

test("negativeLogBernoulli: mean over the masked elements alone, derivative", async () => {
  const [x, target] = [uniform([2, 3], 4, -2, 2, ["B", 3]), numbers([2, 3], [0, 5, 3, 0, 1, 0], ["B", 3])];
  const y = await checkGradient(
    [x, target, mask],
    (g, [a, b, m]) => negativeLogBernoulli(g, sigmoid(g, a), b, m),
    { outputDims: [], ignore: [1, 2] },
  );
  const p = (i: number) => 1 / (1 + Math.exp(-x.data[i]));
  assertClose(y, [-(Math.log(1 - p(0)) + Math.log(p(2)) + Math.log(1 - p(3))) / 3]);
});

test("negativeLogBernoulli: probabilities of exactly 0 and 1 are kept off them, as PyTorch does", async () => {
  const operands = [numbers([1, 2], [0, 1]), numbers([1, 2], [1, 0]), numbers([1, 2], [1, 1])];
  const g = new Graph();
  const [p, target, m] = inputsOf(g, operands);
  g.output("loss", negativeLogBernoulli(g, p, target, m));
  assertClose((await runGraph(g, operands)).loss, [23 * Math.LN2], 1e-9);
});

test("logits and labels of another rank are refused when the graph is built", () => {
  const g = new Graph();
  const l = g.input("l", "float32", ["B", 3]);
  const c = g.input("c", "int32", ["B", 1]);
  assert.throws(() => crossEntropy(g, l, c, g.input("w", "float32", ["B"])), {
    name: "GraphError",
    message: "crossEntropy: logits [B, 3], labels [B, 1]",
  });
});
