import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelArgs } from "../../src/model/args.js";
import { parameterShapes } from "../../src/model/parameters.js";
import { Random } from "../../src/support/random.js";
import { initialWeights } from "../../src/train/initialise.js";

const args: ModelArgs = {
  ...{ embsize: 64, nheads: 4, d_hid: 128, nlayers: 2, n_layers_cls: 3, dropout: 0.2, pad_token: "<pad>" },
  ...{ pad_value: -2, mask_value: -1, n_bins: 51, input_emb_style: "category", cell_emb_style: "cls" },
};
const shapes = parameterShapes(args, { genes: 500, classes: 7 });
const start = (seed: number) => {
  const random = new Random(seed);
  return initialWeights(shapes, () => random.uniform());
};
const weights = start(1);

function moments(name: string): { mean: number; deviation: number; largest: number } {
  const { data } = weights.get(name)!;
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  return { mean, deviation: Math.sqrt(variance), largest: Math.max(...data.map(Math.abs)) };
}

/** A uniform distribution within ±bound has the standard deviation bound / √3. */
function assertUniform(name: string, bound: number): void {
  const { mean, deviation, largest } = moments(name);
  const tolerance = (4 * bound) / Math.sqrt(weights.get(name)!.data.length);
  assert.ok(largest <= bound, `${name} reaches ${largest}, beyond ${bound}`);
  assert.ok(
    Math.abs(mean) < tolerance && Math.abs(deviation - bound / Math.sqrt(3)) < tolerance,
    `${name}: ${mean} ± ${deviation}`,
  );
}

test("every tensor of the model is there with its shape", () => {
  assert.deepEqual(
    [...weights].map(([name, { shape }]) => [name, shape]),
    [...shapes],
  );
});

test("distributions of PyTorch's and scGPT's own starts", () => {
  const layer = "transformer_encoder.layers.0";
  assertUniform("encoder.embedding.weight", 0.1);
  assertUniform(`${layer}.self_attn.in_proj_weight`, Math.sqrt(6 / (3 * 64 + 64)));
  assertUniform(`${layer}.self_attn.out_proj.weight`, 1 / 8);
  assertUniform(`${layer}.linear2.weight`, 1 / Math.sqrt(128));
  assertUniform(`${layer}.linear2.bias`, 1 / Math.sqrt(128));
  const table = moments("value_encoder.embedding.weight");
  assert.ok(Math.abs(table.mean) < 0.07 && Math.abs(table.deviation - 1) < 0.05 && table.largest > 3);
});

test("norms start as 1 and 0, attention's biases as 0", () => {
  const constant = (name: string, value: number) =>
    assert.ok(
      weights.get(name)!.data.every((x) => x === value),
      name,
    );
  const layer = "transformer_encoder.layers.1";
  constant(`${layer}.norm1.weight`, 1);
  constant(`${layer}.norm1.bias`, 0);
  constant("encoder.enc_norm.weight", 1);
  constant("encoder.enc_norm.bias", 0);
  constant("cls_decoder._decoder.2.weight", 1);
  constant("cls_decoder._decoder.2.bias", 0);
  constant(`${layer}.self_attn.in_proj_bias`, 0);
  constant(`${layer}.self_attn.out_proj.bias`, 0);
});

test("a seed gives the same start again, another seed another one; layers differ", () => {
  assert.deepEqual([...start(1)], [...weights]);
  const name = "transformer_encoder.layers.0.linear1.weight";
  assert.notDeepEqual(start(2).get(name), weights.get(name));
  assert.notDeepEqual(weights.get("transformer_encoder.layers.1.linear1.weight"), weights.get(name));
});
