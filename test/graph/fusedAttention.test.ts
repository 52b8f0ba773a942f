import { test } from "node:test";
import { attention } from "../../src/graph/attention.js";
import { fusedAttention } from "../../src/graph/fusedAttention.js";
import { Graph } from "../../src/graph/graph.js";
import { assertClose } from "../support/gradientCheck.js";
import { inputsOf, type Operand, runGraph, uniform } from "../support/runGraph.js";

test("attention in one node is attention by heads, for all tokens and for the first", async () => {
  const [b, n, d, heads] = [2, 37, 24, 3];
  for (const nq of [n, 1]) {
    const operands: Operand[] = [nq, n, n, 0].map((length, i) =>
      length === 0
        ? { dtype: "float32", dims: [b, n], data: new Float32Array(b * n), shape: ["B", "N"] }
        : {
            dtype: "float32",
            dims: [b, length, d],
            data: Float32Array.from(uniform([b * length * d], i, -2, 2).data),
            shape: ["B", length === 1 ? 1 : "N", d],
          },
    );
    const g = new Graph();
    const [q, k, v, bias] = inputsOf(g, operands);
    g.output("fused", fusedAttention(g, q, k, v, heads));
    g.output("heads", attention(g, q, k, v, { heads, bias, loop: "heads" }));
    const out = await runGraph(g, operands);
    assertClose(out.fused, out.heads, 1e-6);
  }
});
