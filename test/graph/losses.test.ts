import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../src/graph/autodiff.js";
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

test("crossEntropy with label smoothing 0.1, plain and by class weights: PyTorch's loss and derivative", async () => {
  // torch.nn.functional.cross_entropy(x, y, weight, label_smoothing=0.1) and x.grad, PyTorch 2.13.
  const x = numbers([4, 3], [1, -0.5, 0.25, 0.1, 0.2, -1.5, 2, 0, 0.5, -0.3, 0.7, 0.9], ["B", 3]);
  const y = integers([4], [0, 2, 1, 2], ["B"]);
  const cases = [
    {
      classWeights: [1, 1, 1],
      loss: 1.487505673358,
      gradient: [
        ...[-0.0858839174191, 0.0245670784534, 0.0613168389657, 0.100029342196],
        ...[0.111425944267, -0.211455286463, 0.175697847745, -0.208427421318],
        ...[0.0327295735729, 0.0271861092043, 0.0882185218737, -0.115404631078],
      ],
    },
    {
      classWeights: [1, 2, 0.5],
      loss: 1.671906650075,
      gradient: [
        ...[-0.0834264271539, 0.0167820853165, 0.0666443418374, 0.0530721828002],
        ...[0.0511969239735, -0.104269106774, 0.344393097066, -0.418930335303],
        ...[0.074537238237, 0.0117943507713, 0.038046051284, -0.0498404020553],
      ],
    },
  ];
  for (const { classWeights, loss, gradient } of cases) {
    const own = Array.from(y.data, (label) => classWeights[label]);
    const total = own.reduce((sum, weight) => sum + weight, 0);
    const each = own.map((weight) => weight / total);
    const others = classWeights.map((weight) => ((0.1 / 3) * weight) / total);
    const operands = [x, y, numbers([4], each, ["B"]), numbers([1, 3], others)];
    const g = new Graph();
    const [l, c, w, o] = inputsOf(g, operands);
    const found = crossEntropy(g, l, c, w, { kept: 0.9, others: o });
    g.output("loss", found);
    g.output("gradient", gradients(g, found, [l])[0]!);
    const out = await runGraph(g, operands);
    assertClose(out.loss, [loss]);
    assertClose(out.gradient, gradient);
  }
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
