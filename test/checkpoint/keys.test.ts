import assert from "node:assert/strict";
import { test } from "node:test";
import { takeWeights } from "../../src/checkpoint/coverage.js";
import { plainKeys } from "../../src/checkpoint/keys.js";
import { readTorch } from "../../src/checkpoint/torch.js";

const fixtures = "test/fixtures/model";
const reference = readTorch(`${fixtures}/continuous/best_model.pt`);
const shapes = new Map([...reference].map(([key, { shape }]) => [key, shape]));

for (const [file, renamed] of [
  ["flash_attention_keys", 4],
  ["data_parallel", 49],
] as const)
  test(`${file}.pt gives the plain model's weights`, () => {
    const { weights, coverage } = takeWeights(
      shapes,
      plainKeys(readTorch(`${fixtures}/checkpoints/${file}.pt`)),
    );
    assert.deepEqual([...weights], [...reference]);
    assert.deepEqual([coverage.missing, coverage.otherShape, coverage.unused], [[], [], []]);
    assert.equal(coverage.renamed.length, renamed);
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

test("a wrapper's prefix goes from every key, and two keys of one tensor are refused", () => {
  const weight = { shape: [1], data: Float32Array.of(1) };
  const keys = (names: string[]) => [...plainKeys(new Map(names.map((name) => [name, weight]))).keys()];
  assert.deepEqual(keys(["module._orig_mod.encoder.a", "model.encoder.b", "encoder.c"]), [
    "encoder.a",
    "encoder.b",
    "encoder.c",
  ]);
  assert.throws(
    () => keys(["l.self_attn.in_proj_bias", "l.self_attn.Wqkv.bias"]),
    /the checkpoint's keys l\.self_attn\.in_proj_bias and l\.self_attn\.Wqkv\.bias both name the tensor/,
  );
});
