import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../src/anndata/random.js";
import { Graph } from "../../src/graph/graph.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import { roundedLinear, roundWeight } from "../../src/graph/rounded.js";
import { Session, tensor } from "../../src/runtime/session.js";

const [rows, inputs, outputs] = [7, 96, 24];
const random = new Random(5);
const uniform = (n: number) => Float32Array.from({ length: n }, () => 2 * random.uniform() - 1);
const x = uniform(rows * inputs);
/** Outputs of very unlike sizes: one scale for all would lose the small ones. */
const weight = uniform(outputs * inputs).map((w, i) => w * 10 ** (-(i / inputs) % 4));
const bias = uniform(outputs);

test("a weight is rounded within half a step of its own output's scale", () => {
  const { data, scale } = roundWeight(weight, outputs);
  for (let j = 0; j < outputs; j++) {
    const row = weight.subarray(j * inputs, (j + 1) * inputs);
    assert.ok(Math.abs(scale[j] - Math.max(...row.map(Math.abs)) / 127) < 1e-6 * scale[j]);
    row.forEach((w, i) => {
      const error = Math.abs(data[i * outputs + j] * scale[j] - w);
      assert.ok(error <= 0.501 * scale[j], `element ${j}, ${i}: ${error} with scale ${scale[j]}`);
    });
  }
  assert.deepEqual(roundWeight(new Float32Array(6), 2).data, new Int8Array(6));
});

test("the product is that of the rounded numbers, summed exactly", async () => {
  const rounded = roundWeight(weight, outputs);
  const g = new Graph();
  const b = g.input("b", "float32", [outputs]);
  g.output("y", roundedLinear(g, g.input("x", "float32", ["rows", inputs]), rounded, b));
  const session = await Session.open(encodeOnnx(g), { device: "cpu" });
  const feeds = { x: tensor("float32", x, [rows, inputs]), b: tensor("float32", bias, [outputs]) };
  const y = (await session.run(feeds)).y.data as Float32Array;
  await session.release();

  // DynamicQuantizeLinear of the ONNX specification.
  const low = Math.min(0, ...x);
  const step = (Math.max(0, ...x) - low) / 255;
  const zero = Math.round(-low / step);
  const xq = Array.from(x, (v) => Math.min(255, Math.max(0, Math.round(v / step) + zero)) - zero);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < outputs; j++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += xq[r * inputs + i] * rounded.data[i * outputs + j];
      const expected = sum * step * rounded.scale[j] + bias[j];
      const allowed = 1e-5 + 130 * step * rounded.scale[j];
      assert.ok(Math.abs(y[r * outputs + j] - expected) <= allowed, `${y[r * outputs + j]} for ${expected}`);
    }
  }
});
