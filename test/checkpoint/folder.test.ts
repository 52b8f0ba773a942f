import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFolder, readWeights } from "../../src/checkpoint/folder.js";
import { writeSafetensors } from "../../src/checkpoint/safetensors.js";

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
