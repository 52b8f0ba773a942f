import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { adam, clipFactor, globalNorm } from "../../src/graph/optimizer.js";
import { assertClose } from "../support/gradientCheck.js";
import { inputsOf, numbers, type Operand, RunnableGraph, runGraph } from "../support/runGraph.js";

test("the global norm is of all gradients together; the factor brings it down to the limit, never up", async () => {
  const operands = [numbers([2], [3, 0]), numbers([1, 2], [0, 4])];
  const g = new Graph();
  const norm = globalNorm(g, inputsOf(g, operands));
  g.output("norm", norm);
  g.output("clipped", clipFactor(g, norm, 1));
  g.output("left", clipFactor(g, norm, 6));
  const out = await runGraph(g, operands);
  assert.deepEqual(out.norm, [5]);
  assertClose(out.clipped, [1 / (5 + 1e-6)], 1e-7);
  assert.deepEqual(out.left, [1]);
});

// torch 2.13: p = [0.5, -1.5, 2.0], gradients [0.1, -0.2, 0.3], [-0.4, 0.05, 0.001], [1e-9, 0, -3], lr 0.01, in float64.
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.05, 0.001],
  [1e-9, 0, -3],
];
const TORCH = {
  Adam: [
    [0.490000001, -1.490000001, 1.99],
    [0.495595036, -1.485305319, 1.983274639],
    [0.499920014, -1.481676317, 1.989114351],
  ],
  AdamW: [
    [0.489500001, -1.4885, 1.988],
    [0.494605536, -1.482316819, 1.979286639],
    [0.498435908, -1.4772055, 1.983147064],
  ],
};

for (const [name, weightDecay] of [
  ["Adam", 0],
  ["AdamW", 0.1],
] as const) {
  test(`${name}: three steps are PyTorch's`, async () => {
    let [w, m, v] = [
      [0.5, -1.5, 2],
      [0, 0, 0],
      [0, 0, 0],
    ].map((x) => Float32Array.from(x));
    const single = (data: Float32Array): Operand => ({
      dtype: "float32",
      dims: data.length === 1 ? [] : [3],
      data,
    });
    const feeds = (t: number) =>
      [
        w,
        Float32Array.from(GRADIENTS[t - 1]),
        m,
        v,
        [0.01],
        [0.01 / (1 - 0.9 ** t)],
        [Math.sqrt(1 - 0.999 ** t)],
        [1],
      ].map((x) => single(Float32Array.from(x)));
    const g = new Graph();
    const [weight, gradient, m0, v0, learningRate, rate, correction, factor] = inputsOf(g, feeds(1));
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
    const made = adam(g, weight, gradient, m0, v0, { learningRate, rate, correction, factor }, options);
    g.output("weight", made.weight);
    g.output("m", made.m);
    g.output("v", made.v);
    const graph = await RunnableGraph.open(g);
    for (let t = 1; t <= 3; t++) {
      const out = await graph.run(feeds(t));
      [w, m, v] = [out.weight, out.m, out.v].map((x) => Float32Array.from(x));
      assertClose(w, TORCH[name][t - 1], 3e-7);
    }
    await graph.release();
  });
}
