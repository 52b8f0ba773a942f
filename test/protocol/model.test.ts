import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openModel } from "../../src/protocol/model.js";
import { tinyModel } from "../support/prepared.js";

test("a model says what it is, and that it was not pretrained", async () => {
  const model = await tinyModel();
  assert.equal(
    model.describe(),
    `scGPT in ${model.folder}: 2 layers, width 16, 2 heads, 53 tokens in the vocabulary\nno weights: starts at random, not pretrained`,
  );
  assert.equal(model.readWeights(), undefined);
});

test("the weights of a checkpoint are read under the plain keys", async () => {
  const model = await openModel("test/fixtures/model/continuous");
  assert.match(model.describe(), /weights from .*best_model\.pt/);
  assert.ok(model.readWeights()!.has("transformer_encoder.layers.0.self_attn.in_proj_weight"));
});

test("a folder without a vocabulary, and none at all, are refused", async () => {
  const { folder } = await tinyModel();
  rmSync(join(folder, "vocab.json"));
  await assert.rejects(openModel(folder), /holds no vocab\.json, which maps gene names/);
  const empty = mkdtempSync(join(tmpdir(), "no-model-"));
  await assert.rejects(openModel(empty), /holds no args\.json/);
});
