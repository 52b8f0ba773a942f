import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readWeights } from "../../src/checkpoint/folder.js";
import { writeTorch } from "../../src/checkpoint/torchWrite.js";
import { finetune, loadPrepared, savePrepared } from "../../src/index.js";
import { openModel } from "../../src/protocol/model.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { publishedFolder } from "../support/publishedFolder.js";

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

test("a model says what of it the weights hold, also of a folder of the published code", async () => {
  const { tuned } = publishedFolder();
  const model = await openModel(tuned);
  const lines = model.describe().split("\n");
  assert.equal(
    lines[2],
    "49 of 49 tensors of the model taken from the checkpoint: 22,758 of 22,758 parameters (100 %)",
  );
  assert.equal(lines[3], "fine-tuned on 5 classes: Rod, Cone, BC, MG, RGC");
  assert.equal(lines.length, 6);
});

test("what a folder of the published code lacks is asked for by name", async () => {
  const { work, tuned } = publishedFolder();
  rmSync(join(work, "pretrained_models"), { recursive: true });
  rmSync(join(work, "save/pp_eyeGPT-May05-10-00-00/vocab.json"));
  await assert.rejects(openModel(tuned), /holds no vocab\.json, .*option vocabulary \(--vocab FILE\)/);
  const model = await openModel(tuned, { vocabulary: "test/fixtures/model/continuous/vocab.json" });
  assert.equal(model.vocabulary.size, 61);
});

/** A copy of the fixture's folder, its weights changed. */
function changed(change: (weights: ReturnType<typeof readWeights>) => void): string {
  const folder = join(mkdtempSync(join(tmpdir(), "changed-")), "model");
  cpSync("test/fixtures/model/continuous", folder, { recursive: true });
  const weights = readWeights(join(folder, "best_model.pt"));
  change(weights);
  writeTorch(join(folder, "best_model.pt"), weights);
  return folder;
}

const IN_PROJ = "transformer_encoder.layers.0.self_attn.in_proj_weight";

test("a model without its in_proj does not go on, unless it is named; cells prepared for it remember", async () => {
  const folder = changed((weights) => weights.delete(IN_PROJ));
  await assert.rejects(openModel(folder), /is not the whole of this model: it lacks .*in_proj_weight/);
  const { vocabulary } = await tinyModel();
  const model = await openModel(folder, { vocabulary, allowPartial: [IN_PROJ] });
  assert.match(model.describe(), /not in the checkpoint, random: transformer_encoder\.layers\.0/);
  const prepared = join(mkdtempSync(join(tmpdir(), "prepared-")), "cells");
  savePrepared(preparedCells(model, 60), prepared);
  const run = await finetune(loadPrepared(prepared), { epochs: 1, freeze: "head", device: "cpu" });
  assert.ok(
    run.notes.some((note) => note.startsWith("not in the checkpoint, random: ") && note.includes(IN_PROJ)),
  );
});

test("args.json, id2type.json and vocab.json that contradict the weights are found when the model is opened", async () => {
  const folder = changed(() => {});
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  const args = { embsize: 32, nheads: 4, d_hid: 48, nlayers: 2 };
  write("args.json", { ...args, embsize: 64 });
  await assert.rejects(
    openModel(folder),
    /encoder\.embedding\.weight is \[61,32\] in it and \[61,64\] by the architecture/,
  );
  write("args.json", { ...args, nlayers: 3 });
  await assert.rejects(openModel(folder), /it lacks transformer_encoder\.layers\.2\./);
  write("args.json", { ...args, input_emb_style: "category" });
  await assert.rejects(
    openModel(folder),
    /it lacks value_encoder\.embedding.*no place for value_encoder\.linear1/,
  );
  write("args.json", args);
  write("id2type.json", { 0: "B cell", 1: "T cell" });
  await assert.rejects(openModel(folder), /tells 5 classes apart, but id2type\.json names 2: give the one/);
  rmSync(join(folder, "id2type.json"));
  write("vocab.json", { "<pad>": 0, "<cls>": 1, "<eoc>": 2, G3: 3 });
  assert.match(
    (await openModel(folder)).describe(),
    /has 4 tokens and the gene table 61 rows: is it that of this model\?/,
  );
});
