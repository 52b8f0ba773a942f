import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { test } from "node:test";
import { findModel } from "../../src/checkpoint/findModel.js";
import { openFolder, readShapes, readWeights } from "../../src/checkpoint/folder.js";
import { writeSafetensors } from "../../src/checkpoint/safetensors.js";

import { publishedFolder } from "../support/publishedFolder.js";

const published = "test/fixtures/model/continuous";

function copyOfFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "folder-")), "model");
  cpSync(published, folder, { recursive: true });
  return folder;
}

test("opens a published folder", () => {
  const found = openFolder(published);
  assert.equal(found.args.nheads, 4);
  assert.equal(found.args.pad_value, -2);
  assert.equal(found.vocabularyPath, join(published, "vocab.json"));
  assert.equal(found.weightsPath, join(published, "best_model.pt"));
  assert.equal(found.classes, undefined);
  assert.equal(readWeights(found.weightsPath!).size, 49);
});

test("takes model.safetensors where there is no best_model.pt, and the classes of a fine-tuned model", () => {
  const folder = copyOfFolder();
  writeSafetensors(join(folder, "model.safetensors"), readWeights(join(folder, "best_model.pt")));
  rmSync(join(folder, "best_model.pt"));
  writeFileSync(join(folder, "id2type.json"), '{"1": "T cell", "0": "B cell"}');
  const found = openFolder(folder);
  assert.deepEqual(found.classes, ["B cell", "T cell"]);
  assert.deepEqual([...readWeights(found.weightsPath!)], [...readWeights(`${published}/best_model.pt`)]);
});

test("fills in the published defaults and leaves out what says nothing of the architecture", () => {
  const folder = copyOfFolder();
  writeFileSync(join(folder, "args.json"), '{"embsize": 8, "nheads": 2, "d_hid": 8, "nlayers": 1, "lr": 3}');
  assert.deepEqual(openFolder(folder).args, {
    embsize: 8,
    nheads: 2,
    d_hid: 8,
    nlayers: 1,
    n_layers_cls: 3,
    dropout: 0.2,
    pad_token: "<pad>",
    pad_value: -2,
    mask_value: -1,
    n_bins: 51,
    input_emb_style: "continuous",
    cell_emb_style: "cls",
  });
});

for (const [what, args, message] of [
  ["a missing entry", '{"embsize": 8}', /args\.json lacks "nheads"/],
  [
    "a width that the heads do not divide",
    '{"embsize": 9, "nheads": 2, "d_hid": 8, "nlayers": 1}',
    /"nheads" is 2; expected a divisor of embsize, 9/,
  ],
  [
    "a number that is none",
    '{"embsize": "9", "nheads": 2, "d_hid": 8, "nlayers": 1}',
    /"embsize" is "9"; expected a positive integer/,
  ],
  [
    "an unknown style",
    '{"embsize": 8, "nheads": 2, "d_hid": 8, "nlayers": 1, "input_emb_style": "log"}',
    /"input_emb_style" is "log"; expected continuous, category, scaling/,
  ],
  ["no object", "[]", /args\.json should hold one JSON object/],
  ["no JSON", "{", /args\.json is not JSON/],
] as const)
  test(`args.json with ${what} is refused`, () => {
    const folder = copyOfFolder();
    writeFileSync(join(folder, "args.json"), args);
    assert.throws(() => openFolder(folder), message);
  });

test("a path that is no model folder is refused by name", () => {
  assert.throws(() => openFolder("nowhere"), /there is no model folder \/.*nowhere/);
  assert.throws(() => openFolder("package.json"), /package\.json is a file; give the folder/);
  assert.throws(() => openFolder("src"), /src holds no args\.json.*it holds .*checkpoint/);
  const folder = copyOfFolder();
  writeFileSync(join(folder, "id2type.json"), '{"0": "B cell", "2": "T cell"}');
  assert.throws(() => openFolder(folder), /id2type\.json should map the codes 0 … n − 1/);
});

test("a folder that the published code fine-tuned: the rest is found where its file says", () => {
  const { work, tuned } = publishedFolder();
  const found = openFolder(tuned);
  const { nheads, nlayers, embsize, d_hid, n_layers_cls, n_bins, pre_norm } = found.args;
  assert.deepEqual(
    [nheads, nlayers, embsize, d_hid, n_layers_cls, n_bins, pre_norm],
    [4, 2, 32, 48, 3, 51, false],
  );
  assert.deepEqual(found.classes, ["Rod", "Cone", "BC", "MG", "RGC"]);
  assert.equal(found.vocabularyPath, join(work, "pretrained_models/scGPT_human/vocab.json"));
  assert.match(
    found.notes[0],
    /the vocabulary from .*scGPT_human\/vocab\.json, which dev_train_args\.yml names/,
  );
});

test("what such a folder's file names and is nowhere can be given", () => {
  const { work, tuned } = publishedFolder();
  rmSync(join(work, "save/pp_eyeGPT-May05-10-00-00/vocab.json"));
  rmSync(join(work, "pretrained_models"), { recursive: true });
  renameSync(join(work, "save/pp_eyeGPT-May05-10-00-00/id2type.json"), join(work, "types.json"));
  const found = openFolder(tuned);
  assert.deepEqual([found.vocabularyPath, found.classes, found.notes], [undefined, undefined, []]);
  const given = openFolder(tuned, { vocabulary: "v.json", classes: join(work, "types.json") });
  assert.equal(given.vocabularyPath, "v.json");
  assert.equal(given.classes?.length, 5);
});

test("the heads of the fine-tuning hold where args.json was copied from the model before", () => {
  const { tuned } = publishedFolder();
  writeFileSync(join(tuned, "args.json"), '{"embsize": 32, "nheads": 8, "d_hid": 48, "nlayers": 2}');
  const { args, notes } = openFolder(tuned);
  assert.equal(args.nheads, 4);
  assert.match(
    notes.at(-1)!,
    /^nheads 4, not 8: dev_train_args\.yml holds where .*args\.json says otherwise/,
  );
});

test("weights in several files are read by their index", () => {
  const folder = copyOfFolder();
  const whole = readWeights(join(folder, "best_model.pt"));
  const names = [...whole.keys()];
  const file = (i: number) => `model-0000${1 + (i % 2)}-of-00002.safetensors`;
  for (const half of [0, 1])
    writeSafetensors(join(folder, file(half)), new Map([...whole].filter((_, i) => i % 2 === half)));
  const index = join(folder, "model.safetensors.index.json");
  const weight_map = Object.fromEntries(names.map((name, i) => [name, file(i)]));
  writeFileSync(index, JSON.stringify({ metadata: {}, weight_map }));
  rmSync(join(folder, "best_model.pt"));
  const { weightsPath } = openFolder(folder);
  assert.equal(weightsPath, index);
  assert.deepEqual(new Map([...readWeights(index)].sort()), new Map([...whole].sort()));
  assert.deepEqual(readShapes(index).get(names[0]), { shape: whole.get(names[0])!.shape });
  writeFileSync(index, JSON.stringify({ weight_map: { ...weight_map, extra: file(0) } }));
  assert.throws(
    () => readWeights(index),
    /says that model-00001-of-00002\.safetensors holds extra, which it does not/,
  );
  writeFileSync(index, JSON.stringify({ weight_map: { ...weight_map, extra: "../x.safetensors" } }));
  assert.throws(() => readWeights(index), /names \.\.\/x\.safetensors, which is not beside it/);
  rmSync(join(folder, file(1)));
  assert.throws(
    () => readShapes(index),
    /names model-0000[12]-of-00002\.safetensors, which is not beside it/,
  );
  writeFileSync(index, "[]");
  assert.throws(() => readWeights(index), /should hold \{"weight_map"/);
});

test("shapes are those of the weights, in every format", () => {
  for (const file of ["nested", "half", "legacy_format", "flash_attention_keys"]) {
    const path = `test/fixtures/model/checkpoints/${file}.pt`;
    const shapesOf = (tensors: Map<string, { shape: number[] }>) =>
      [...tensors].map(([key, { shape }]) => [key, shape]);
    assert.deepEqual(shapesOf(readShapes(path)), shapesOf(readWeights(path)), file);
  }
});

test("weights under another name are asked for, not left out", () => {
  const folder = copyOfFolder();
  renameSync(join(folder, "best_model.pt"), join(folder, "model_e3.pt"));
  assert.throws(
    () => openFolder(folder),
    /holds no best_model\.pt, .*, but model_e3\.pt: name the file by the option weights/,
  );
  assert.equal(openFolder(folder, { weights: "model_e3.pt" }).weightsPath, join(folder, "model_e3.pt"));
});

test("a name is looked up in the folders of CELLKERNEL_MODELS", (t) => {
  const shelf = mkdtempSync(join(tmpdir(), "models-"));
  mkdirSync(join(shelf, "scGPT_human"));
  const before = process.env.CELLKERNEL_MODELS;
  t.after(() => {
    if (before === undefined) delete process.env.CELLKERNEL_MODELS;
    else process.env.CELLKERNEL_MODELS = before;
  });
  delete process.env.CELLKERNEL_MODELS;
  assert.throws(
    () => findModel("scGPT_human"),
    /there is no model folder .*scGPT_human; to open models by their names, let CELLKERNEL_MODELS .*Model Zoo.*bowang-lab\/scGPT/,
  );
  process.env.CELLKERNEL_MODELS = ["elsewhere", shelf].join(delimiter);
  assert.equal(findModel("scGPT_human"), join(shelf, "scGPT_human"));
  assert.equal(findModel("pretrained_models/scGPT_human"), join(shelf, "scGPT_human"));
  assert.equal(findModel("src"), "src");
  assert.equal(findModel("small"), resolve("notebooks/models/small"));
  assert.throws(() => findModel("models/small"), /none called small in/);
  assert.throws(
    () => findModel("scGPT_heart"),
    /none called scGPT_heart in elsewhere, .*models-.* \(CELLKERNEL_MODELS\) either/,
  );
});
