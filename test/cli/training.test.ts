import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readH5ad } from "../../src/index.js";
import { cellkernel, cellkernelHere } from "../support/cli.js";

const data = "notebooks/data/pbmc68k_reduced.h5ad";
const scratch = mkdtempSync(join(tmpdir(), "cli-training-"));
const [prepared, model, report, labelled] = ["prepared", "model", "report", "labelled.h5ad"].map((name) =>
  join(scratch, name),
);
const json = (...args: string[]) => {
  const { status, stdout, stderr } = cellkernel(...args, "--json");
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
};

test("preprocess, finetune, evaluate, annotate: from a file to a labelled copy of it", async () => {
  json(
    "preprocess",
    data,
    "--cell-type",
    "bulk_labels",
    "--model",
    "notebooks/models/small",
    "--hvg",
    "200",
    "--out",
    prepared,
  );
  const trained = json(
    "finetune",
    prepared,
    "--epochs",
    "2",
    "--lr",
    "1e-3",
    "--max-seq-len",
    "60",
    "--device",
    "cpu",
    "--threads",
    "1",
    "--out",
    model,
  );
  assert.equal(trained.steps, 2 * Math.ceil(560 / 32));
  assert.ok(trained.history[1].trainLoss < trained.history[0].trainLoss);
  assert.equal(trained.classes.length, 10);

  const { status, stderr } = await cellkernelHere(
    "resume",
    model,
    "--config",
    join(model, "dev_train_args.yml"),
  );
  assert.equal(status, 1);
  assert.match(stderr, /model is at its end after 2 epochs\. For more: .* \(--epochs 3\)/);
  const longer = json("resume", model, "--epochs", "3");
  assert.equal(longer.history.length, 3);
  assert.deepEqual(longer.history.slice(0, 2), trained.history);

  const results = json("evaluate", model, prepared, "--out", report);
  assert.equal(results.subset, "test");
  assert.ok(
    results.weighted_f1 > 0.34,
    `weighted F1 ${results.weighted_f1} is no better than one class for all`,
  );
  assert.equal(readFileSync(join(report, "predictions.csv"), "utf8").split("\n").length, 702);

  const annotated = json("annotate", model, data, "--out", labelled);
  assert.equal(annotated.cells, 700);
  const cells = await readH5ad(labelled);
  assert.equal(cells.nObs, 700);
  for (const column of ["predicted_label", "probability", "margin", "bulk_labels"])
    assert.ok(cells.obs.column(column), column);
  const counts = new Map<string, number>();
  for (let i = 0; i < 700; i++) {
    const label = String(cells.obs.column("predicted_label")!.at(i));
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(counts), annotated.labels);
  assert.deepEqual(cells.obsm.has("X_scGPT"), true);
  cells.close();
});

test("mistakes are one sentence and leave nothing behind", async () => {
  const fails = async (...args: string[]) => {
    const { status, stderr } = await cellkernelHere(...args);
    assert.notEqual(status, 0);
    return stderr;
  };
  assert.match(await fails("finetune", prepared), /--out is missing: the folder for the fine-tuned model/);
  assert.match(
    await fails("finetune", prepared, "--out", model),
    /holds a fine-tuned model already; .* --overwrite/,
  );
  assert.match(
    await fails("finetune", data, "--out", report),
    /is a file; expected a folder of prepared cells/,
  );
  assert.match(
    await fails("annotate", model, "nowhere.h5ad", "--out", join(scratch, "no.h5ad")),
    /there is no file \/.*nowhere\.h5ad/,
  );
  assert.match(
    await fails("annotate", "nowhere", data, "--out", join(scratch, "no.h5ad")),
    /there is no model folder \/.*nowhere/,
  );
  assert.match(await fails("evaluate", "notebooks/models/small", prepared), /holds no run\.json/);
  assert.ok(!existsSync(join(scratch, "no.h5ad")));
});
