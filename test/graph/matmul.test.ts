import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { linear, matmul, swapLast } from "../../src/graph/matmul.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { type Operand, uniform } from "../support/runGraph.js";

/** Rows of `a` by columns of `b`: [m, k] by [k, n], from offsets. */
function product(a: Operand, b: Operand, m: number, k: number, n: number, ofA = 0, ofB = 0): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let t = 0; t < k; t++) sum += a.data[ofA + i * k + t] * b.data[ofB + t * n + j];
    return sum;
  });
}

test("linear: x Wᵀ + b with and without bias and factor, derivative by all three", async () => {
  const x = uniform([4, 3], 1, -1, 1, ["B", 3]);
  const w = uniform([2, 3], 2);
  const b = uniform([2], 3);
  const expected = Array.from({ length: 8 }, (_, at) => {
    const [i, o] = [Math.floor(at / 2), at % 2];
    return [0, 1, 2].reduce((s, k) => s + x.data[i * 3 + k] * w.data[o * 3 + k], 0);
  });
  const outputDims = [4, 2];
  assertClose(await checkGradient([x, w], (g, [s, t]) => linear(g, s, t), { outputDims }), expected);
  assertClose(
    await checkGradient([x, w, b], (g, [s, t, u]) => linear(g, s, t, u), { outputDims }),
    expected.map((e, at) => e + b.data[at % 2]),
  );
  assertClose(
    await checkGradient([x, w, b], (g, [s, t, u]) => linear(g, s, t, u, 1.25), { outputDims }),
    expected.map((e, at) => 1.25 * (e + b.data[at % 2])),
  );
});

test("matmul: matrices, stacks of matrices, and a stack by one matrix; derivative by both", async () => {
  const [a, b] = [uniform([2, 3], 1), uniform([3, 4], 2)];
  assertClose(
    await checkGradient([a, b], (g, [s, t]) => matmul(g, s, t), { outputDims: [2, 4] }),
    product(a, b, 2, 3, 4),
  );
  const [c, d] = [uniform([2, 2, 3], 3, -1, 1, ["B", 2, 3]), uniform([2, 3, 2], 4, -1, 1, ["B", 3, 2])];
  assertClose(await checkGradient([c, d], (g, [s, t]) => matmul(g, s, t), { outputDims: [2, 2, 2] }), [
    ...product(c, d, 2, 3, 2),
    ...product(c, d, 2, 3, 2, 6, 6),
  ]);
  assertClose(await checkGradient([c, b], (g, [s, t]) => matmul(g, s, t), { outputDims: [2, 2, 4] }), [
    ...product(c, b, 2, 3, 4),
    ...product(c, b, 2, 3, 4, 6, 0),
  ]);
  await checkGradient([c], (g, [t]) => matmul(g, t, swapLast(g, t)), { outputDims: [2, 2, 2] });
});

test("operands that do not fit are refused by name and shape when the graph is built", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", 3]);
  const w = g.input("w", "float32", [2, 4]);
  assert.throws(() => linear(g, x, w), {
    name: "GraphError",
    message: "linear: input [B, 3], weight [2, 4]",
  });
  assert.throws(() => matmul(g, x, w), { name: "GraphError", message: "matmul: [B, 3] by [2, 4]" });
  const deep = g.input("deep", "float32", [5, 4, 3]);
  const other = g.input("other", "float32", [6, 3, 4]);
  assert.throws(() => matmul(g, deep, other), { message: "matmul: shapes [5] and [6] do not broadcast" });
});
