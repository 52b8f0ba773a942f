import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../src/graph/autodiff.js";
import * as ops from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceSum } from "../../src/graph/reduce.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, numbers, runGraph, uniform } from "../support/runGraph.js";

const unary: [
  name: string,
  build: (g: Graph, x: Tensor) => Tensor,
  value: (x: number) => number,
  from: number,
  to: number,
][] = [
  ["neg", ops.neg, (x) => -x, -2, 2],
  ["relu", ops.relu, (x) => Math.max(x, 0), -2, 2],
  ["leakyRelu", ops.leakyRelu, (x) => (x > 0 ? x : 0.01 * x), -2, 2],
  ["sigmoid", ops.sigmoid, (x) => 1 / (1 + Math.exp(-x)), -4, 4],
  ["exp", ops.exp, Math.exp, -2, 2],
  ["log", ops.log, Math.log, 0.5, 3],
  ["sqrt", ops.sqrt, Math.sqrt, 0.5, 3],
  ["square", ops.square, (x) => x * x, -2, 2],
  ["atLeast", (g, x) => ops.atLeast(g, x, 0.3), (x) => Math.max(x, 0.3), -2, 2],
];

for (const [name, build, value, from, to] of unary) {
  test(`${name}: values, derivative`, async () => {
    const x = uniform([3, 4], 1, from, to);
    const y = await checkGradient([x], (g, [t]) => build(g, t), { outputDims: [3, 4] });
    assertClose(y, Array.from(x.data, value), 1e-12);
  });
}

const binary: [name: string, build: typeof ops.add, value: (a: number, b: number) => number][] = [
  ["add", ops.add, (a, b) => a + b],
  ["sub", ops.sub, (a, b) => a - b],
  ["mul", ops.mul, (a, b) => a * b],
  ["div", ops.div, (a, b) => a / b],
];

for (const [name, build, value] of binary) {
  test(`${name}: values, derivative, broadcasting`, async () => {
    const a = uniform([2, 3], 1, 0.5, 2);
    const b = uniform([2, 3], 2, 0.5, 2);
    const y = await checkGradient([a, b], (g, [s, t]) => build(g, s, t), { outputDims: [2, 3] });
    assertClose(
      y,
      Array.from(a.data, (x, i) => value(x, b.data[i])),
    );

    const column = uniform([4, 1], 3, 0.5, 2);
    const row = uniform([2, 1, 3], 4, 0.5, 2);
    const wide = await checkGradient([row, column], (g, [s, t]) => build(g, s, t), { outputDims: [2, 4, 3] });
    const expected = [0, 1].flatMap((i) =>
      [0, 1, 2, 3].flatMap((j) => [0, 1, 2].map((k) => value(row.data[i * 3 + k], column.data[j]))),
    );
    assertClose(wide, expected);
  });

  test(`${name}: with a number, and along a dimension whose length is known at run time`, async () => {
    const x = uniform([3, 2], 5, 0.5, 2, ["B", 2]);
    const y = await checkGradient([x], (g, [t]) => build(g, build(g, 3, t), 0.5), { outputDims: [3, 2] });
    assertClose(
      y,
      Array.from(x.data, (v) => value(value(3, v), 0.5)),
    );
    const bias = uniform([2], 6, 0.5, 2);
    await checkGradient([x, bias], (g, [s, t]) => build(g, s, t), { outputDims: [3, 2] });
  });
}

test("the same tensor twice gets both derivatives", async () => {
  const x = uniform([5], 7, 0.5, 2);
  await checkGradient([x], (g, [t]) => ops.mul(g, t, ops.add(g, t, t)), { outputDims: [5] });
});

test("select takes each element from one side, and sends its derivative back there", async () => {
  const condition = { dtype: "bool" as const, dims: [2, 3], data: Uint8Array.of(1, 0, 0, 1, 1, 0) };
  const [x, y] = [uniform([2, 3], 1), uniform([3], 2)];
  const out = await checkGradient([condition, x, y], (g, [c, s, t]) => ops.select(g, c, s, t), {
    outputDims: [2, 3],
  });
  assertClose(
    out,
    Array.from(condition.data, (c, i) => (c ? x.data[i] : y.data[i % 3])),
  );
});

test("wherePositive, atMost, greater: values", async () => {
  const [x, dy] = [numbers([4], [-1, 0, 2, 600]), numbers([4], [5, 6, 7, 8])];
  const g = new Graph();
  const [s, t] = inputsOf(g, [x, dy]);
  g.output("kept", ops.wherePositive(g, s, t));
  g.output("clamped", ops.atMost(g, s, 512));
  g.output("above", ops.greater(g, s, 0));
  const out = await runGraph(g, [x, dy]);
  assert.deepEqual(out.kept, [0, 0, 7, 8]);
  assert.deepEqual(out.clamped, [-1, 0, 2, 512]);
  assert.deepEqual(out.above, [0, 0, 1, 1]);
});

test("the derivative of relu and leakyRelu at 0 is PyTorch's: 0 and the slope", async () => {
  const x = numbers([3], [-1, 0, 1]);
  const g = new Graph();
  const [t] = inputsOf(g, [x]);
  g.output("relu", gradients(g, reduceSum(g, ops.relu(g, t), [0]), [t])[0]!);
  g.output("leaky", gradients(g, reduceSum(g, ops.leakyRelu(g, t), [0]), [t])[0]!);
  const out = await runGraph(g, [x]);
  assert.deepEqual(out.relu, [0, 0, 1]);
  assert.deepEqual(out.leaky, [0.01, 0.01, 1]);
});

test("detach stops the derivative, reverseGradient turns its sign, cast brings it back in its own type", async () => {
  const x = uniform([4], 8);
  const g = new Graph();
  const [t] = inputsOf(g, [x]);
  const sum = (y: Tensor) => reduceSum(g, y, [0]);
  assert.equal(gradients(g, sum(ops.detach(g, t)), [t])[0], undefined);
  const half = ops.mul(g, ops.detach(g, t), t);
  g.output("detached", gradients(g, sum(half), [t])[0]!);
  g.output("reversed", gradients(g, sum(ops.square(g, ops.reverseGradient(g, t))), [t])[0]!);
  const single = gradients(g, sum(ops.square(g, ops.cast(g, t, "float32"))), [t])[0]!;
  assert.equal(single.dtype, "float64");
  g.output("cast", single);
  const out = await runGraph(g, [x]);
  const values = Array.from(x.data);
  assertClose(out.detached, values);
  assertClose(
    out.reversed,
    values.map((v) => -2 * v),
  );
  assertClose(
    out.cast,
    values.map((v) => 2 * Math.fround(v)),
  );
});

test("operands that do not fit are refused by name and shape when the graph is built", () => {
  const g = new Graph();
  const a = g.input("a", "float32", ["B", 3]);
  const b = g.input("b", "float32", ["B", 4]);
  const c = g.input("c", "float64", ["B", 3]);
  for (const [op, build] of binary) {
    assert.throws(() => build(g, a, b), {
      name: "GraphError",
      message: `${op}: shapes [B, 3] and [B, 4] do not broadcast`,
    });
    assert.throws(() => build(g, a, c), {
      name: "GraphError",
      message: `${op}: float32 [B, 3] meets float64 [B, 3]`,
    });
  }
  const flag = g.input("flag", "bool", [5]);
  assert.throws(() => ops.select(g, flag, a, 0), {
    message: "select: shapes [5] and [B, 3] do not broadcast",
  });
  assert.throws(() => ops.relu(g, flag), { message: "Relu: a bool tensor of shape [5]" });
});
