import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { readWeights } from "../../src/checkpoint/folder.js";
import { writeTorch } from "../../src/checkpoint/torchWrite.js";
import { annotate, exportModel, loadRun, readH5ad } from "../../src/index.js";
import { PUBLISHED, publishedFolder, writePublishedCells } from "../support/publishedFolder.js";

const FIXTURE = "test/fixtures/model/continuous";

test("a folder that the published code fine-tuned labels cells, and is exported", async () => {
  const { work, tuned } = publishedFolder();
  const prepared = join(work, PUBLISHED.task_info.input_dataset_directory);
  await writePublishedCells(prepared);
  const run = await loadRun(tuned);
  assert.equal(run.name, "eyeGPT");
  assert.deepEqual(run.classes, ["Rod", "Cone", "BC", "MG", "RGC"]);
  assert.deepEqual([run.genes.length, run.genes[0], run.settings.maxSeqLen], [57, "G3", 3001]);
  assert.match(run.notes.at(-1)!, /fine-tuned by the published code on the 57 genes of .*input_data\.h5ad/);
  const out = join(work, "labelled.h5ad");
  const { codes } = await annotate(run, prepared, { out });
  const labelled = await readH5ad(out);
  assert.equal(String(labelled.obs.column("predicted_label")!.at(0)), run.classes[codes[0]]);
  labelled.close();
  assert.equal((await exportModel(run, join(work, "eye.onnx"))).format, "onnx");
});

test("what such a folder lacks is asked for by name", async () => {
  const { work, tuned } = publishedFolder();
  await assert.rejects(loadRun(tuned), /does not say on which genes .* option genes \(--genes FILE\)/);
  const genes = join(work, "genes.h5ad");
  await writePublishedCells(genes, 5);
  const given = { genes, vocabulary: `${FIXTURE}/vocab.json`, classes: join(work, "types.json") };
  rmSync(join(work, "save/pp_eyeGPT-May05-10-00-00"), { recursive: true });
  rmSync(join(work, "pretrained_models"), { recursive: true });
  await assert.rejects(loadRun(tuned, { genes }), /holds no vocab\.json/);
  await assert.rejects(
    loadRun(tuned, { genes, vocabulary: given.vocabulary }),
    /holds no id2type\.json, and what its dev_train_args\.yml names is not there: give it by the option classes \(--id2type/,
  );
  writeFileSync(given.classes, JSON.stringify({ 0: "a", 1: "b", 2: "c", 3: "d", 4: "e" }));
  assert.deepEqual((await loadRun(tuned, given)).classes, ["a", "b", "c", "d", "e"]);

  const weights = readWeights(join(tuned, "best_model.pt"));
  weights.delete("cls_decoder._decoder.0.weight");
  writeTorch(join(tuned, "best_model.pt"), weights);
  await assert.rejects(loadRun(tuned, given), /it lacks cls_decoder\._decoder\.0\.weight/);

  const batches = { ...PUBLISHED.model_parameters, use_batch_labels: true };
  writeFileSync(join(tuned, "dev_train_args.yml"), stringify({ ...PUBLISHED, model_parameters: batches }));
  await assert.rejects(loadRun(tuned, given), /uses batch labels, .*it can be fine-tuned, not applied/);
});
