import assert from "node:assert/strict";
import { test } from "node:test";
import { attention } from "../../src/graph/attention.js";
import { oddKeys } from "../../src/graph/dropout.js";
import { Graph } from "../../src/graph/graph.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { Noise } from "../../src/model/context.js";
import { inputsOf, integers, type Operand, runGraph } from "../support/runGraph.js";
import { correlationScore, rateScore } from "../support/statistics.js";

const [B, N, P] = [2, 64, 0.2];
const FAR = 4.5;

function keys(seed: number): Operand[] {
  return [0, 1].map((stream) => integers([B, N], oddKeys(B * N, seed, stream)));
}

/** The masks of a model's first sites, drawn in its order: of layers of width N, each with attention of several heads. */
async function sites(seed: number, layers: number, heads: number): Promise<Map<string, number[]>> {
  const g = new Graph();
  // Values that are the unit vectors make attention give back its probabilities: 0, or 1 / (N (1 − P)).
  const unit = Float32Array.from({ length: B * N * N * heads }, (_, i) =>
    Math.floor(i / (N * heads)) % N === i % N ? 1 : 0,
  );
  const operands: Operand[] = [
    ...keys(seed),
    { dtype: "float32", dims: [B * N, N], data: new Float32Array(B * N * N).fill(1) },
    { dtype: "float32", dims: [B, N, N * heads], data: unit },
    { dtype: "float32", dims: [B, N], data: new Float32Array(B * N) },
  ];
  const [rowKeys, columnKeys, ones, v, bias] = inputsOf(g, operands);
  const noise = new Noise(g, P, rowKeys, columnKeys);
  const zero = g.node("Mul", [v, g.scalar(0, "float32")], "float32", v.shape);
  const mixed: [string, Tensor][] = [];
  for (let layer = 0; layer < layers; layer++) {
    mixed.push([
      `attention ${layer}`,
      attention(g, zero, zero, v, { heads, bias, loop: "scan", dropout: noise.forAttention(heads, "all") }),
    ]);
    mixed.push([`out_proj ${layer}`, noise.drop(ones)]);
    mixed.push([`linear1 ${layer}`, noise.reluDrop(ones)]);
    mixed.push([`linear2 ${layer}`, noise.drop(ones)]);
  }
  for (const [name, tensor] of mixed) g.output(name, tensor);
  const out = await runGraph(g, operands);
  const masks = new Map<string, number[]>();
  for (const [name] of mixed) {
    const bits = out[name].map((x) => (x > 0 ? 1 : 0));
    if (!name.startsWith("attention")) masks.set(name, bits);
    else
      for (let h = 0; h < heads; h++)
        masks.set(
          `${name} head ${h}`,
          bits.filter((_, i) => Math.floor(i / N) % heads === h),
        );
  }
  return masks;
}

test("every layer, site and head drops by itself, at the rate asked for", async () => {
  const masks = [...(await sites(1, 3, 4))];
  assert.equal(masks.length, 3 * (4 + 3));
  masks.forEach(([name, mask], i) => {
    assert.equal(mask.length, B * N * N);
    assert.ok(Math.abs(rateScore(mask, 1 - P)) < FAR, name);
    for (const [other, bits] of masks.slice(i + 1)) {
      const score = correlationScore(mask, bits);
      assert.ok(Math.abs(score) < FAR, `${name} and ${other}: ${score}`);
    }
  });
});

test("a last layer of one query a cell has the key of its first token", () => {
  const g = new Graph();
  const [rowKeys, columnKeys] = inputsOf(g, keys(1));
  const { rowKeys: asked } = new Noise(g, P, rowKeys, columnKeys).forAttention(4, "first");
  assert.deepEqual(asked.shape, [B, 1]);
});

test("another step's keys give other masks at every site", async () => {
  const [a, b] = [await sites(1, 1, 2), await sites(2, 1, 2)];
  for (const [name, mask] of a) assert.ok(Math.abs(correlationScore(mask, b.get(name)!)) < FAR, name);
});
