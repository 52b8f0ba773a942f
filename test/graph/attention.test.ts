import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttentionOptions, attention } from "../../src/graph/attention.js";
import { gradients } from "../../src/graph/autodiff.js";
import { oddKeys } from "../../src/graph/dropout.js";
import { square } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceSum } from "../../src/graph/reduce.js";
import type { Dim } from "../../src/graph/tensor.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, integers, numbers, type Operand, runGraph, uniform } from "../support/runGraph.js";

const [B, N, HEADS, WIDTH] = [2, 5, 2, 6];
const P = 0.3;
const headKeys = oddKeys(HEADS, 5, 6);
/** The second cell has three tokens. */
const padding = numbers([B, N], [0, 0, 0, 0, 0, 0, 0, 0, -1e9, -1e9], ["B", "N"]);
const noPadding = numbers([B, N], Array(B * N).fill(0), ["B", "N"]);

function operands(bias: Operand): Operand[] {
  const n = bias.dims[1];
  const named = ["B", "N", WIDTH];
  return [
    uniform([B, n, WIDTH], 1, -1, 1, named),
    uniform([B, n, WIDTH], 2, -2, 2, named),
    uniform([B, n, WIDTH], 3, -2, 2, named),
    bias,
    integers([B, n], oddKeys(B * n, 1, 2), ["B", "N"]),
    integers([B, n], oddKeys(B * n, 3, 4), ["B", "N"]),
  ];
}

/** Softmax(q kᵀ + bias), dropped out, not rescaled, times v; element by element. */
function naive([q, k, v, bias, rowKeys, columnKeys]: Operand[], dropout: boolean): number[] {
  const n = q.dims[1];
  const dh = WIDTH / HEADS;
  const out: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < n; i++) {
      for (let h = 0; h < HEADS; h++) {
        const at = (t: Operand, row: number, e: number) => t.data[(b * n + row) * WIDTH + h * dh + e];
        const scores = Array.from({ length: n }, (_, j) => {
          let dot = 0;
          for (let e = 0; e < dh; e++) dot += at(q, i, e) * at(k, j, e);
          return dot + bias.data[b * n + j];
        });
        const top = Math.max(...scores);
        const weights = scores.map((s) => Math.exp(s - top));
        const total = weights.reduce((a, c) => a + c);
        const kept = weights.map((w, j) => {
          if (!dropout) return w / total;
          const row = Math.imul(rowKeys.data[b * n + i], headKeys[h]);
          const kept = Math.imul(row, columnKeys.data[b * n + j]) >= -(2 ** 31) + P * 2 ** 32;
          return kept ? w / total : 0;
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
  for (const [padded, bias] of [
    ["no padding", noPadding],
    ["padding", padding],
  ] as const)
    for (const dropout of [false, true])
      test(`${loop}, ${padded}, ${dropout ? "dropout" : "no dropout"}: values, derivative`, async () => {
        const given = operands(bias);
        const y = await checkGradient(given, build(loop, dropout), {
          outputDims: [B, N, WIDTH],
          ignore: [3],
          tolerance: 1e-7,
        });
        assertClose(y, naive(given, dropout), 1e-11);
      });

/** Values and derivatives of Σ y², by name. */
function valuesAndDerivatives(given: Operand[], loop: AttentionOptions["loop"]) {
  const g = new Graph();
  const inputs = inputsOf(g, given);
  const y = build(loop, true)(g, inputs);
  g.output("y", y);
  gradients(g, reduceSum(g, square(g, y), [0, 1, 2]), inputs.slice(0, 3)).forEach((d, i) => {
    g.output(`d${"qkv"[i]}`, d!);
  });
  return runGraph(g, given);
}

test("in single precision both loops agree, and padded keys get exactly nothing", async () => {
  const single = operands(padding).map(
    (o): Operand => (o.dtype === "float64" ? { ...o, dtype: "float32", data: Float32Array.from(o.data) } : o),
  );
  const [scan, heads] = [
    await valuesAndDerivatives(single, "scan"),
    await valuesAndDerivatives(single, "heads"),
  ];
  for (const name of ["y", "dq", "dk", "dv"]) assertClose(heads[name], scan[name], 2e-6);
  for (const name of ["dk", "dv"])
    assert.deepEqual(scan[name].slice(-2 * WIDTH).map(Math.abs), Array(2 * WIDTH).fill(0));
});

test("a cell that is taken by several blocks of queries, the last not full", async () => {
  const n = 1301;
  const given = operands(numbers([B, n], Array(B * n).fill(0), ["B", "N"]));
  const [scan, heads] = [
    await valuesAndDerivatives(given, "scan"),
    await valuesAndDerivatives(given, "heads"),
  ];
  assertClose(scan.y, naive(given, true), 1e-11);
  for (const name of ["dq", "dk", "dv"]) assertClose(scan[name], heads[name], 1e-10);
});

test("nothing of the size queries × keys goes out of the loop", () => {
  const g = new Graph();
  const inputs = inputsOf(g, operands(padding));
  const y = build("scan", true)(g, inputs);
  gradients(g, reduceSum(g, y, [0, 1, 2]), inputs.slice(0, 3));
  const scans = g.nodes.filter((n) => n.op === "Scan");
  assert.equal(scans.length, 2);
  assert.equal(g.nodes.filter((n) => n.op === "Softmax" || n.op === "MatMul").length, 0);
  const queries = (d: Dim) => typeof d === "string" && d !== "blocks(N)";
  for (const scan of scans) {
    const body = scan.attributes.body as Graph;
    const inner = body.nodes.find((n) => n.op === "Scan")!.attributes.body as Graph;
    for (const { tensor } of [...body.outputs, ...inner.outputs])
      assert.ok(tensor.shape.filter(queries).length <= 1, `${tensor.name} ${tensor.shape}`);
  }
});

test("heads that do not divide the width are refused when the graph is built", () => {
  const g = new Graph();
  const inputs = inputsOf(g, operands(padding));
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
