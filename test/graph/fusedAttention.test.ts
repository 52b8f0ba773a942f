import { test } from "node:test";
import { attention } from "../../src/graph/attention.js";
import { mul } from "../../src/graph/elementwise.js";
import { fusedAttention } from "../../src/graph/fusedAttention.js";
import { Graph } from "../../src/graph/graph.js";
import { assertClose } from "../support/gradientCheck.js";
import { inputsOf, type Operand, runGraph, uniform } from "../support/runGraph.js";

test("attention in one node is attention by heads", async () => {
  const [b, n, d, heads] = [2, 37, 24, 3];
  const operands = [0, 1, 2].map(
    (seed): Operand => ({
      dtype: "float32",
      dims: [b, n, d],
      data: Float32Array.from(uniform([b * n * d], seed, -2, 2).data),
      shape: ["B", "N", d],
    }),
  );
  operands.push({ dtype: "float32", dims: [b, n], data: new Float32Array(b * n), shape: ["B", "N"] });
  const g = new Graph();
  const [q, k, v, bias] = inputsOf(g, operands);
  g.output("fused", fusedAttention(g, q, k, v, heads));
  const scaled = mul(g, q, 1 / Math.sqrt(d / heads));
  g.output("heads", attention(g, scaled, k, v, { heads, bias, loop: "heads" }));
  const out = await runGraph(g, operands);
  assertClose(out.fused, out.heads, 1e-6);
});
