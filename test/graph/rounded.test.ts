import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import { roundedLinear, roundWeight } from "../../src/graph/rounded.js";
import { Session, tensor } from "../../src/runtime/session.js";
import { Random } from "../../src/support/random.js";

const [rows, outputs] = [7, 24];
const random = new Random(5);
const uniform = (n: number) => Float32Array.from({ length: n }, () => 2 * random.uniform() - 1);

/** Rows of very unlike sizes: one scale for all would lose the small ones. */
function matrix(count: number, inputs: number): Float32Array {
  return uniform(count * inputs).map((w, i) => w * 10 ** (-Math.floor(i / inputs) % 4));
}

test("a weight is rounded within half a step of its block's scale", () => {
  for (const [inputs, block] of [
    [96, 32],
    [512, 256],
    [20, 16],
  ]) {
    const weight = matrix(outputs, inputs);
    const rounded = roundWeight(weight, outputs);
    assert.equal(rounded.block, block);
    const blocks = Math.ceil(inputs / block);
    assert.equal(rounded.data.length, outputs * blocks * block);
    weight.forEach((w, i) => {
      const [j, k] = [Math.floor(i / inputs), i % inputs];
      const at = j * blocks + Math.floor(k / block);
      const part = weight.subarray(i - (k % block), Math.min(i - (k % block) + block, j * inputs + inputs));
      assert.ok(
        Math.abs(rounded.scale[at] - Math.max(...part.map(Math.abs)) / 127) < 1e-6 * rounded.scale[at],
      );
      const error = Math.abs((rounded.data[at * block + (k % block)] - 128) * rounded.scale[at] - w);
      assert.ok(error <= 0.501 * rounded.scale[at], `element ${j}, ${k}: ${error}`);
    });
  }
  assert.deepEqual(roundWeight(new Float32Array(32), 2).data, new Uint8Array(32).fill(128));
});

test("the product is within rounding of the exact one, row by row and output by output", async () => {
  for (const inputs of [96, 512, 20]) {
    const [x, weight, bias] = [matrix(rows, inputs), matrix(outputs, inputs), uniform(outputs)];
    const g = new Graph();
    const b = g.input("b", "float32", [outputs]);
    const rounded = roundWeight(weight, outputs);
    g.output("y", roundedLinear(g, g.input("x", "float32", ["rows", inputs]), rounded, b));
    const session = await Session.open(encodeOnnx(g), { device: "cpu" });
    const feeds = { x: tensor("float32", x, [rows, inputs]), b: tensor("float32", bias, [outputs]) };
    const y = (await session.run(feeds)).y.data as Float32Array;
    await session.release();
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * inputs, (r + 1) * inputs);
      for (let j = 0; j < outputs; j++) {
        const column = weight.subarray(j * inputs, (j + 1) * inputs);
        const exact = row.reduce((sum, v, i) => sum + v * column[i], 0);
        // Each factor is off by at most half a step of 1/127 of its largest, at random: √inputs of them, 5 times over.
        const size = Math.max(...row.map(Math.abs)) * Math.max(...column.map(Math.abs));
        const allowed = (5 * Math.sqrt(inputs) * size) / 127 / 2 + 1e-6;
        const error = Math.abs(y[r * outputs + j] - bias[j] - exact);
        assert.ok(
          error <= allowed,
          `${inputs} inputs, row ${r}, output ${j}: off by ${error}, ${allowed} allowed`,
        );
      }
    }
  }
});
