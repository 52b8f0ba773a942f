import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCoverage, plainKeys, takeWeights } from "../../src/checkpoint/keys.js";
import { readTorch } from "../../src/checkpoint/torch.js";

const fixtures = "test/fixtures/model";
const reference = readTorch(`${fixtures}/continuous/best_model.pt`);
const shapes = new Map([...reference].map(([key, { shape }]) => [key, shape]));

for (const file of ["flash_attention_keys", "data_parallel"])
  test(`${file}.pt gives the plain model's weights`, () => {
    const { weights, coverage } = takeWeights(
      shapes,
      plainKeys(readTorch(`${fixtures}/checkpoints/${file}.pt`)),
    );
    assert.deepEqual([...weights], [...reference]);
    assert.deepEqual([coverage.missing, coverage.otherShape, coverage.unused], [[], [], []]);
  });

test("without the renaming, the attention weights of a flash-attention checkpoint would be missing", () => {
  const { coverage } = takeWeights(shapes, readTorch(`${fixtures}/checkpoints/flash_attention_keys.pt`));
  assert.deepEqual(
    coverage.missing.map((key) => key.split(".").slice(-2).join(".")),
    [
      "self_attn.in_proj_weight",
      "self_attn.in_proj_bias",
      "self_attn.in_proj_weight",
      "self_attn.in_proj_bias",
    ],
  );
});

test("the wrapper's names of flash-attention 1 are changed back too", () => {
  const weight = { shape: [1], data: Float32Array.of(1) };
  const layer = "transformer_encoder.layers.0.self_attn";
  const keys = plainKeys(
    new Map([`${layer}._impl.Wqkv.bias`, `${layer}._impl.out_proj.bias`].map((key) => [key, weight])),
  );
  assert.deepEqual([...keys.keys()], [`${layer}.in_proj_bias`, `${layer}.out_proj.bias`]);
});

test("reports what is missing, of another shape and unused", () => {
  const { weights, coverage } = takeWeights(
    shapes,
    plainKeys(readTorch(`${fixtures}/checkpoints/missing_and_other_shape.pt`)),
  );
  assert.equal(weights.size, 46);
  assert.equal(coverage.missing.length, 2);
  assert.deepEqual(coverage.otherShape, [
    { key: "cls_decoder.out_layer.weight", model: [5, 32], checkpoint: [9, 32] },
  ]);
  assert.deepEqual(coverage.unused, ["extra.weight"]);
  assert.deepEqual(describeCoverage(coverage), [
    "46 of 49 tensors of the model taken from the checkpoint",
    `not in the checkpoint, random: ${coverage.missing.join(", ")}`,
    "of another shape, random: cls_decoder.out_layer.weight is [9,32] there and [5,32] here",
    "in the checkpoint and not used: extra.weight",
  ]);
});
