import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttentionOptions, attention } from "../../src/graph/attention.js";
import { gradients } from "../../src/graph/autodiff.js";
import { oddKeys } from "../../src/graph/dropout.js";
import { square } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceSum } from "../../src/graph/reduce.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, integers, numbers, type Operand, runGraph, uniform } from "../support/runGraph.js";

const [B, N, HEADS, WIDTH] = [2, 5, 2, 6];
const P = 0.3;
const headKeys = oddKeys(HEADS, 5, 6);
/** The second cell has three tokens. */
const padding = numbers([B, N], [0, 0, 0, 0, 0, 0, 0, 0, -1e9, -1e9], ["B", "N"]);
const noPadding = numbers([B, N], Array(B * N).fill(0), ["B", "N"]);

function operands(nq: number, bias: Operand): Operand[] {
  const named = (n: number) => ["B", n === 1 ? 1 : "N", WIDTH];
  return [
    uniform([B, nq, WIDTH], 1, -2, 2, named(nq)),
    uniform([B, N, WIDTH], 2, -2, 2, named(N)),
    uniform([B, N, WIDTH], 3, -2, 2, named(N)),
    bias,
    integers([B, nq], oddKeys(B * nq, 1, 2), nq === 1 ? ["B", 1] : ["B", "N"]),
    integers([B, N], oddKeys(B * N, 3, 4), ["B", "N"]),
  ];
}

/** Softmax(q kᵀ / √dh + bias), dropped out, times v; element by element. */
function naive([q, k, v, bias, rowKeys, columnKeys]: Operand[], dropout: boolean): number[] {
  const nq = q.dims[1];
  const dh = WIDTH / HEADS;
  const out: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < nq; i++) {
      for (let h = 0; h < HEADS; h++) {
        const at = (t: Operand, row: number, e: number) => t.data[(b * t.dims[1] + row) * WIDTH + h * dh + e];
        const scores = Array.from({ length: N }, (_, j) => {
          let dot = 0;
          for (let e = 0; e < dh; e++) dot += at(q, i, e) * at(k, j, e);
          return dot / Math.sqrt(dh) + bias.data[b * N + j];
        });
        const top = Math.max(...scores);
        const weights = scores.map((s) => Math.exp(s - top));
        const total = weights.reduce((a, c) => a + c);
        const kept = weights.map((w, j) => {
          if (!dropout) return w / total;
          const row = Math.imul(rowKeys.data[b * nq + i], headKeys[h]);
          const kept = Math.imul(row, columnKeys.data[b * N + j]) >= -(2 ** 31) + P * 2 ** 32;
          return kept ? w / total / (1 - P) : 0;
        });
        for (let e = 0; e < dh; e++) out.push(kept.reduce((s, w, j) => s + w * at(v, j, e), 0));
      }
    }
  }
  return out;
}

function build(loop: AttentionOptions["loop"], dropout: boolean) {
  return (g: Graph, [q, k, v, bias, rowKeys, columnKeys]: Graph["inputs"]) =>
    attention(g, q, k, v, {
      heads: HEADS,
      bias,
      loop,
      dropout: dropout ? { p: P, rowKeys, columnKeys, headKeys } : undefined,
    });
}

for (const loop of ["scan", "heads"] as const)
  for (const nq of [N, 1])
    for (const [padded, bias] of [
      ["no padding", noPadding],
      ["padding", padding],
    ] as const)
      for (const dropout of [false, true])
        test(`${loop}, ${nq} queries, ${padded}, ${dropout ? "dropout" : "no dropout"}: values, derivative`, async () => {
          const given = operands(nq, bias);
          const y = await checkGradient(given, build(loop, dropout), {
            outputDims: [B, nq, WIDTH],
            ignore: [3],
            tolerance: 1e-7,
          });
          assertClose(y, naive(given, dropout), 1e-11);
        });

test("in single precision both loops agree, and padded keys get exactly nothing", async () => {
  const single = operands(N, padding).map(
    (o): Operand => (o.dtype === "float64" ? { ...o, dtype: "float32", data: Float32Array.from(o.data) } : o),
  );
  const results: Record<string, number[]>[] = [];
  for (const loop of ["scan", "heads"] as const) {
    const g = new Graph();
    const inputs = inputsOf(g, single);
    const y = build(loop, true)(g, inputs);
    g.output("y", y);
    gradients(g, reduceSum(g, square(g, y), [0, 1, 2]), inputs.slice(0, 3)).forEach((d, i) => {
      g.output(`d${"qkv"[i]}`, d!);
    });
    results.push(await runGraph(g, single));
  }
  for (const name of ["y", "dq", "dk", "dv"]) assertClose(results[1][name], results[0][name], 2e-6);
  for (const name of ["dk", "dv"])
    assert.deepEqual(results[0][name].slice(-2 * WIDTH).map(Math.abs), Array(2 * WIDTH).fill(0));
});

test("nothing of the size queries × keys goes out of the loop", () => {
  const g = new Graph();
  const inputs = inputsOf(g, operands(N, padding));
  const y = build("scan", true)(g, inputs);
  gradients(g, reduceSum(g, y, [0, 1, 2]), inputs.slice(0, 3));
  const scans = g.nodes.filter((n) => n.op === "Scan");
  assert.equal(scans.length, 2);
  assert.equal(g.nodes.filter((n) => n.op === "Exp" || n.op === "MatMul").length, 0);
  for (const scan of scans)
    for (const { tensor } of (scan.attributes.body as Graph).outputs)
      assert.ok(tensor.shape.filter((d) => d === "N").length <= 1, `${tensor.name} ${tensor.shape}`);
});

test("heads that do not divide the width are refused when the graph is built", () => {
  const g = new Graph();
  const inputs = inputsOf(g, operands(N, padding));
  const [q, k, v, bias] = inputs;
  assert.throws(() => attention(g, q, k, v, { heads: 4, bias, loop: "scan" }), {
    name: "GraphError",
    message: "attention: 4 heads do not divide a width of 6",
  });
  const narrow = g.input("narrow", "float64", ["B", "N", 4]);
  assert.throws(() => attention(g, q, narrow, v, { heads: 2, bias, loop: "scan" }), {
    name: "GraphError",
    message: "attention: queries [B, N, 6], keys [B, N, 4], values [B, N, 6]",
  });
});
