import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { GENE_TABLE } from "../../src/checkpoint/geneTable.js";
import { readTorch } from "../../src/checkpoint/torch.js";
import type { DisplayHandle, Host, HostComm, MimeBundle } from "../../src/host/host.js";
import { evaluate } from "../../src/protocol/evaluate.js";
import { finetune } from "../../src/protocol/finetune.js";
import { interruptedRun } from "../../src/protocol/interruptedRun.js";
import { type Model, openModel } from "../../src/protocol/model.js";
import { Report } from "../../src/protocol/report.js";
import { loadRun, Run } from "../../src/protocol/run.js";
import type { Prepared } from "../../src/store/prepared.js";
import { EMBEDDING_MIME, EVALUATION_MIME, TRAINING_MIME } from "../../src/views/contract.js";
import type { TrainingProgress } from "../../src/views/types.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

// This input style learns fastest: a gene counts by its bin from the first step on.
let model: Model;
let ready: Prepared;
const scratch = mkdtempSync(join(tmpdir(), "finetune-"));
const saved = join(scratch, "run");
const progress: TrainingProgress[] = [];
const settings = { epochs: 20, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu" } as const;
let run: Run;
let report: Report;
before(async () => {
  model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  ready = preparedCells(model);
  run = await finetune(ready, { ...settings, saveDir: saved, onProgress: (now) => progress.push(now) });
  report = await evaluate(run);
});

test("learns to tell the classes apart, and says how far it is and how long it takes", () => {
  assert.ok(report.metrics.accuracy > 0.8, `accuracy ${report.metrics.accuracy} on the test cells`);
  const last = progress[progress.length - 1];
  assert.equal(last.state, "finished");
  assert.deepEqual([last.step, last.steps, last.secondsLeft], [last.losses.length, last.steps, 0]);
  assert.equal(last.step, last.steps);
  assert.equal(last.history.length, 20);
  // What was left to the device is recorded as it was: never on the CPU.
  assert.equal(run.settings.amp, false);
  assert.match(last.message!, /^done after \d+ steps: the weights of epoch \d+ are kept$/);
  assert.ok(
    progress.some(({ message }) => /^about \d+ s to go for 20 epochs of 8 steps$/.test(message ?? "")),
  );
});

test("predictions of all cells, figures of the test cells only", async () => {
  const folder = join(scratch, "report");
  await report.write(folder);
  assert.deepEqual(readdirSync(folder).sort(), [
    "confusion_matrix.png",
    "evaluation_results.json",
    "learning_curves.png",
    "predictions.csv",
    "report.html",
    "umap_prediction.png",
    "umap_truth.png",
  ]);
  const page = readFileSync(join(folder, "report.html"), "utf8");
  assert.match(page, /<h1>Evaluation of [^<]+<\/h1><p>\d+ test cells, 3 classes<\/p>/);
  const views = [...page.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)];
  const held = views.map(([, bundle]) => JSON.parse(bundle));
  assert.deepEqual(
    held.map((bundle) => Object.keys(bundle)[0]),
    [EMBEDDING_MIME, EVALUATION_MIME, TRAINING_MIME],
  );
  assert.equal(held[0][EMBEDDING_MIME].cells, 150);
  // Names of cells and what else is known of them only where they are asked for.
  const donors = { column: "donor", names: ["Dora"], codes: new Int32Array(150) };
  const known = new Report({ ...report.parts, ready: { ...report.parts.ready, obs: [donors] } });
  for (const [told, contents] of [
    [false, {}],
    [true, { cellNames: true, columns: true }],
  ] as const) {
    await known.write(folder, contents);
    const written = readFileSync(join(folder, "report.html"), "utf8");
    assert.deepEqual([/cell-\d/.test(written), /donor|Dora/.test(written)], [told, told]);
  }
  const lines = readFileSync(join(folder, "predictions.csv"), "utf8").trimEnd().split("\n");
  assert.equal(
    lines[0],
    "cell_id,true_label,predicted_label,probability,margin,split,assigned_label,prediction_set,second_opinion,neighbours_label,agreement,consensus_label",
  );
  assert.equal(lines.length, 1 + 150);
  assert.match(
    lines[1],
    /^cell-0,B cell,("NK, bright"|B cell|T cell),0\.\d+,0\.\d+,(train|validation|test),("NK, bright"|B cell|T cell|unassigned),.+$/,
  );
  assert.match(lines[150], /^cell-149,,("NK, bright"|B cell|T cell),0\.\d+,0\.\d+,none,.+,.+$/);
  const inTest = lines.filter((line) => line.split(",").includes("test"));
  const right = inTest.filter((line) => {
    const [, truth, predicted] = line.replaceAll('"NK, bright"', "NK").split(",");
    return truth === predicted;
  });
  const results = JSON.parse(readFileSync(join(folder, "evaluation_results.json"), "utf8"));
  assert.equal(results.n_cells, inTest.length);
  assert.equal(results.accuracy, right.length / inTest.length);
  assert.deepEqual(Object.keys(results), [
    ...[
      "n_cells",
      "accuracy",
      "macro_f1",
      "weighted_f1",
      "weighted_precision",
      "weighted_recall",
      "kappa",
      "per_class",
      "calibration",
      "assigned",
      "prediction_sets",
      "second_opinion",
    ],
  ]);
  assert.deepEqual(Object.keys(results.per_class["NK, bright"]), ["precision", "recall", "f1", "support"]);
});

test("a saved run predicts the same to the bit in a new process", () => {
  const out = join(scratch, "predictions.csv");
  const script = new URL("../support/evaluateRun.js", import.meta.url).pathname;
  execFileSync(process.execPath, [script, saved, out]);
  assert.equal(readFileSync(out, "utf8"), report.predictions());
});

test("the folder is one of the published form: weights, whole gene table, options", async () => {
  assert.deepEqual(readdirSync(saved).sort(), [
    "args.json",
    "best_model.pt",
    "cells.safetensors",
    "dev_train_args.yml",
    "id2type.json",
    "learning_curves.png",
    "reference.safetensors",
    "run.json",
    "run.log",
    "training",
    "vocab.json",
  ]);
  const weights = readTorch(join(saved, "best_model.pt"));
  assert.deepEqual(weights.get(GENE_TABLE)!.shape, [53, 16]);
  assert.deepEqual([...weights], [...run.weights]);
  assert.deepEqual((await openModel(saved)).classes, ["B cell", "NK, bright", "T cell"]);
  const options = parse(readFileSync(join(saved, "dev_train_args.yml"), "utf8"));
  assert.deepEqual(Object.keys(options), [
    "task_info",
    "preprocess",
    "model_parameters",
    "wandb_configs",
    "task_configs",
  ]);
  assert.equal(options.model_parameters.batch_size, 16);
  assert.equal(options.preprocess.dataset_cell_type_col, "celltype");
  const loaded = await loadRun(saved);
  assert.deepEqual(
    loaded.training,
    JSON.parse(JSON.stringify({ ...run.training, losses: Array.from(run.training.losses) })),
  );
  assert.deepEqual(loaded.parts.cells, run.parts.cells);
});

test("rows of genes that the data lack stay as they started", async () => {
  const start = (await import("../../src/train/startWeights.js"))
    .startWeights(model, { classes: 3 }, 0)
    .weights.get(GENE_TABLE)!;
  const end = run.weights.get(GENE_TABLE)!;
  const row = (table: typeof end, id: number) => [...table.data.subarray(id * 16, (id + 1) * 16)];
  assert.notDeepEqual(row(end, 3), row(start, 3));
  for (const id of [2, 43, 52]) assert.deepEqual(row(end, id), row(start, id), `row ${id}`);
});

test("fine-tuning goes on from a saved run and takes all its weights", async () => {
  const next = await finetune(ready, { ...settings, model: saved, epochs: 1 });
  assert.match(next.notes[0], /^(\d+) of \1 tensors of the model taken from the checkpoint: .* \(100 %\)$/);
  assert.ok(next.training.history[0].trainLoss < 0.5 * run.training.history[0].trainLoss);
});

test("do_train: false keeps the model as it is, save_eval_interval and log_interval space what is measured", async () => {
  const still = await finetune(ready, { ...settings, model: saved, doTrain: false });
  assert.deepEqual([...still.weights], [...run.weights]);
  assert.deepEqual([still.training.step, still.training.history], [0, []]);
  assert.ok(still.notes.includes("nothing was learnt (do_train: false): this is the model as it is"));

  const folder = join(scratch, "spaced");
  const few = { ...settings, epochs: 5, batchSize: 60, saveEvalInterval: 2, logInterval: 4, saveDir: folder };
  const spaced = await finetune(ready, few);
  // 118 cells to train on: two steps an epoch.
  assert.deepEqual(
    spaced.training.history.map(({ epoch }) => epoch),
    [2, 4, 5],
  );
  const { losses } = spaced.training;
  const mean = (from: number) =>
    ((losses[from] + losses[from + 1] + losses[from + 2] + losses[from + 3]) / 4).toFixed(4);
  const log = readFileSync(join(folder, "run.log"), "utf8").split("\n");
  assert.deepEqual(
    log.filter((line) => line.startsWith("step ")),
    [`step 4 | train/loss of 4 steps ${mean(0)}`, `step 8 | train/loss of 4 steps ${mean(4)}`],
  );
});

test("the published split has no test cells; the figures are those of the validation cells", async () => {
  const published = await finetune(ready, { ...settings, epochs: 1, split: "published" });
  assert.equal((await evaluate(published)).metrics.cells, 15);
});

/** A notebook's page: what it was shown, and a way to open a comm as its buttons do. */
function notebook() {
  const bundles: MimeBundle[] = [];
  let registered = 0;
  let opened: (comm: HostComm, data: unknown) => void = () => assert.fail("no comm target");
  let closed = 0;
  const comm: HostComm = {
    send() {},
    onMessage() {},
    onClose() {},
    close() {
      closed++;
    },
  };
  const handle: DisplayHandle = { update: (bundle) => void bundles.push(bundle) };
  const host: Host = {
    display(bundle) {
      bundles.push(bundle);
      return handle;
    },
    signal: new AbortController().signal,
    ofThisCell: (callback) => callback,
    onComm(target, callback) {
      assert.equal(target, "cellkernel.view");
      registered++;
      opened = callback;
      return () => registered--;
    },
  };
  const key = Symbol.for("cellkernel.host");
  Object.assign(globalThis, { [key]: host });
  const leave = () => void Reflect.deleteProperty(globalThis, key);
  after(leave);
  return {
    bundles,
    closed: () => closed,
    registrations: () => registered,
    press: (data: unknown) => opened(comm, data),
    leave,
  };
}

test("in a notebook it shows live curves, and the Stop button ends it with what was reached", async () => {
  const page = notebook();
  let pressed = false;
  const stopped = await finetune(ready, {
    ...settings,
    epochs: 5000,
    onProgress({ run: id, step }) {
      if (step === 5) page.press({ view: "another run", command: "stop" });
      if (step < 10 || pressed) return;
      pressed = true;
      page.press({ view: id, command: "stop" });
    },
  });
  page.leave();
  assert.equal(stopped.training.state, "stopped");
  assert.ok(stopped.training.step >= 10 && stopped.training.step < 100, `${stopped.training.step} steps`);
  assert.equal(page.registrations(), 1, "a page that was closed may still ask how it ended");
  assert.equal(page.closed(), 1, "the page of another run is not told that nobody is there");
  const training = page.bundles.map(
    (bundle) => bundle["application/vnd.cellkernel.training.v1+json"] as TrainingProgress,
  );
  assert.equal(training[0].state, "running");
  assert.ok(training.some(({ state }) => state === "stopping"));
  assert.ok(
    page.bundles[page.bundles.length - 1]["image/png"],
    "no picture is left for pages that do not draw the curves",
  );
});

test("a run is calibrated by its validation and test cells when its training ends, and keeps that", async () => {
  const { trust } = run.parts;
  const { split } = run.parts.cells;
  assert.deepEqual((await loadRun(saved)).parts.trust, trust);
  // What it says of the cells as the training left it, and what of that holds of the validation cells.
  const plain = new Run({ ...run.parts, trust: undefined }, ready);
  const { labelled, truth } = (await evaluate(plain, { subset: "all" })).parts;
  const right = (cell: number) => labelled.codes[cell] === truth[cell];
  const losses = [0.98, 1, 1.02].map((factor) => {
    const temperature = factor * trust!.temperature;
    return split.validation.reduce((sum, cell) => {
      const row = [...labelled.scores.subarray(3 * cell, 3 * cell + 3)].map((p) => p ** (1 / temperature));
      return sum - Math.log(row[truth[cell]] / (row[0] + row[1] + row[2]));
    }, 0);
  });
  if (split.validation.every(right)) assert.equal(trust!.temperature, 1);
  else assert.ok(losses[1] < losses[0] && losses[1] < losses[2], `${losses}`);
  const json = (await evaluate(run)).results();
  assert.equal(json.prediction_sets!.cross_fitted, true);
  assert.equal(json.calibration.temperature, trust!.temperature);
  assert.equal(json.assigned!.threshold, trust!.threshold!.probability);
  const more = preparedCells(model, 250);
  const noTest = await finetune(more, { ...settings, epochs: 1, split: "published", precision: 1 });
  assert.equal(noTest.parts.trust!.sets, null);
  assert.equal(noTest.parts.trust!.threshold!.wanted, 1);
  assert.match(
    noTest.notes.join("\n"),
    /there are no prediction sets: a coverage of 0\.9 needs at least 9 test cells/,
  );
  // The farthest of 25 validation cells makes the threshold; of the 15 of the other run none can.
  assert.match(run.notes.join("\n"), /no cell is flagged .* 19 are needed, and there are 15/);
  const folder = join(scratch, "no-test");
  await noTest.save(folder);
  const loaded = await loadRun(folder);
  assert.deepEqual(loaded.parts.reference, noTest.parts.reference);
  const validation = await evaluate(loaded, { cells: more });
  const unlike = validation
    .predictions()
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/"[^"]*"/g, "x").split(","));
  const own = [...loaded.parts.cells.split.validation].map((cell) => Number(unlike[cell].at(7)));
  assert.equal(own.length, 25);
  assert.equal(Math.max(...own), 1);
  assert.deepEqual(validation.results().unlike, { expected_share: 0.05, share: 0 });
});

test("interrupting the cell ends it at once; what was reached can be asked for, to the bit", async () => {
  await assert.rejects(interruptedRun(), /no fine-tuning was interrupted/);
  const controller = new AbortController();
  const reason = new Error("KeyboardInterrupt");
  const running = finetune(ready, {
    ...settings,
    epochs: 5000,
    saveDir: join(scratch, "interrupted"),
    signal: controller.signal,
    onProgress: ({ history }) => history.length === 2 && controller.abort(reason),
  });
  await assert.rejects(running, reason);
  const kept = await interruptedRun();
  const best = kept.training.bestEpoch!;
  assert.ok(best >= 1 && best < 50, `best epoch ${best}`);
  const whole = await finetune(ready, { ...settings, epochs: best });
  assert.deepEqual([...kept.weights], [...whole.weights]);
  assert.deepEqual(readdirSync(join(scratch, "interrupted")), ["training"]);
});

test("Bad input is refused with the remedy", async () => {
  const without = { ...ready, labels: undefined };
  await assert.rejects(finetune(without), /prepared without labels; name the obs column of cell types/);
  const one = { ...ready, labels: { ...ready.labels!, codes: new Int32Array(150) } };
  await assert.rejects(finetune(one), /the column celltype holds one class, B cell; at least two are needed/);
  await assert.rejects(
    finetune({ ...ready, model: undefined }),
    /there is no model: prepare the cells for one/,
  );
  await assert.rejects(
    finetune(ready, { epochs: 0 }),
    /the option epochs is 0; expected a whole number of at least 1/,
  );
  await assert.rejects(finetune(ready, { lr: -1 }), /the option lr is -1; expected a number above 0/);
  await assert.rejects(
    finetune(ready, { split: "random" as never }),
    /the option split is "random"; expected "stratified", "published"/,
  );
  await assert.rejects(finetune(ready, { device: "tpu" as never }), /the option device is "tpu"/);
  const foreign = {
    ...ready,
    tokens: { ...ready.tokens, genes: ready.tokens.genes.map((gene) => `ENSG${gene}`) },
  };
  await assert.rejects(
    finetune(foreign),
    /40 genes of the prepared cells \(ENSGG0, .*\) are not in the vocabulary/,
  );
  const batched = await tinyModel({ use_batch_labels: true });
  await assert.rejects(
    finetune(preparedCells(batched)),
    /the model uses batch labels; name their obs column/,
  );
  rmSync(join(saved, "training"), { recursive: true, force: true });
  await assert.rejects(
    evaluate(await loadRun(saved)),
    /holds no cells, and those of its training are not where they were; give some/,
  );
  await assert.rejects(loadRun(scratch), /holds no args\.json/);
});
