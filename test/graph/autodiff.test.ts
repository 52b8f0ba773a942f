import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../src/graph/autodiff.js";
import { add, exp, mul, square } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { linear } from "../../src/graph/matmul.js";
import { layerNorm } from "../../src/graph/normalize.js";
import { reduceSum } from "../../src/graph/reduce.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, numbers, runGraph, uniform } from "../support/runGraph.js";

test("a value that is used several times, along ways of several lengths", async () => {
  const [x, y] = [uniform([2, 3], 1), uniform([2, 3], 2)];
  await checkGradient(
    [x, y],
    (g, [a, b]) => {
      const p = mul(g, a, b);
      return add(g, mul(g, exp(g, p), p), add(g, square(g, p), a));
    },
    { outputDims: [2, 3] },
  );
});

/** x W₁ᵀ, normalised, times W₂ᵀ: how many nodes of each kind the derivative by some of the operands has. */
function derivativeNodes(by: (t: { w1: unknown; weight: unknown; w2: unknown }) => unknown[]) {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", 3]);
  const w1 = g.input("w1", "float32", [4, 3]);
  const weight = g.input("weight", "float32", [4]);
  const bias = g.input("bias", "float32", [4]);
  const w2 = g.input("w2", "float32", [2, 4]);
  const loss = reduceSum(g, linear(g, layerNorm(g, linear(g, x, w1), weight, bias), w2), [0, 1]);
  const before = g.nodes.length;
  const found = gradients(g, loss, by({ w1, weight, w2 }) as never);
  const added = g.nodes.slice(before).map((n) => n.op);
  return { found, count: (op: string) => added.filter((o) => o === op).length, total: added.length };
}

test("no node is built for a derivative that nothing needs", () => {
  // By the last weight alone: one product, and the expanding of the sum's derivative.
  const last = derivativeNodes(({ w2 }) => [w2]);
  assert.equal(last.count("Gemm"), 1);
  assert.equal(last.count("Sub"), 0);
  // By the norm's weight: back through the second product, not its weight's; of the norm one sum over the rows, no derivative of its input.
  const middle = derivativeNodes(({ weight }) => [weight]);
  assert.equal(middle.count("Gemm"), 1);
  assert.equal(middle.count("MatMul"), 1);
  // By the first: back through everything (the norm takes two means of each row), but no derivative of x, of the norm's weight and bias, or of w2.
  const first = derivativeNodes(({ w1 }) => [w1]);
  assert.equal(first.count("Gemm"), 2);
  assert.equal(first.count("MatMul"), 2);
  // Nothing asked for, nothing built.
  assert.equal(derivativeNodes(() => []).total, 0);
});

test("a parameter that the loss does not reach gets none", () => {
  const g = new Graph();
  const [a, b] = inputsOf(g, [uniform([2], 1), uniform([2], 2)]);
  const loss = reduceSum(g, square(g, a), [0]);
  square(g, b);
  const before = g.nodes.length;
  const [da, db] = gradients(g, loss, [a, b]);
  assert.ok(da);
  assert.equal(db, undefined);
  assert.deepEqual(
    g.nodes.slice(before).filter((n) => n.inputs.includes(b.name)),
    [],
  );
});

test("the seed scales every derivative", async () => {
  const x = numbers([3], [1, 2, 3]);
  const g = new Graph();
  const [t] = inputsOf(g, [x]);
  g.output("dx", gradients(g, reduceSum(g, square(g, t), [0]), [t], g.scalar(1024, "float64"))[0]!);
  assertClose((await runGraph(g, [x])).dx, [2048, 4096, 6144]);
});

test("only a scalar can be differentiated", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", 3]);
  assert.throws(() => gradients(g, square(g, x), [x]), {
    name: "GraphError",
    message: "gradients: the loss has shape [B, 3], not []",
  });
});
