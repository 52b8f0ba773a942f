import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  crossValidate,
  evaluate,
  finetune,
  forecast,
  interruptedRun,
  loadRun,
  type Report,
  type ResumeOptions,
  resume,
} from "../../src/index.js";
import { planSeries } from "../../src/protocol/crossValidate.js";
import { Run } from "../../src/protocol/run.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import "../support/withoutProjection.js";

const each = { epochs: 2, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu" } as const;
const model = tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
const PARTS = ["fold-1-seed-0", "fold-2-seed-0", "fold-1-seed-7", "fold-2-seed-7"];

test("folds and seeds are one run: a table of all, every cell labelled by those that did not see it", async (context) => {
  const ready = preparedCells(await model);
  const folder = join(temporaryFolder(context), "all");
  const lines: string[] = [];
  const onProgress: ResumeOptions["onProgress"] = ({ message }) => lines.push(message ?? "");
  const whole = await crossValidate(ready, {
    ...each,
    epochs: 1,
    folds: 2,
    seeds: [0, 7],
    saveDir: folder,
    onProgress,
  });
  assert.ok(lines.some((line) => line.startsWith("fold 2, seed 7 (4 of 4)")));

  // Each part is a run of its own, and has the figures that `evaluate` gives of it.
  const { series } = whole.parts;
  const parts = await Promise.all(PARTS.map((part) => loadRun(join(folder, part))));
  const reports: Report[] = [];
  for (const { parts: own } of parts)
    reports.push(await evaluate(new Run({ ...own, trust: undefined }), { cells: ready }));
  assert.deepEqual(
    series!.parts.map(({ figures, fold, seed }) => [fold, seed, figures.accuracy, figures.weightedF1]),
    reports.map(({ metrics }, i) => [1 + (i % 2), [0, 0, 7, 7][i], metrics.accuracy, metrics.weighted.f1]),
  );
  // Each labelled cell is tested in one fold, and the ensemble says which.
  const { members, split } = whole.parts.cells;
  assert.deepEqual(
    members,
    parts.map((part) => part.parts.cells.split),
  );
  assert.deepEqual(
    [...members![0].test, ...members![1].test].sort((a, b) => a - b),
    [...Array(148).keys()],
  );
  assert.deepEqual(Array.from(split.test), [...Array(148).keys()]);

  // Together: the mean of the probabilities of the two that did not see the cell.
  const { codes } = ready.labels!;
  let right = 0;
  for (let cell = 0; cell < 148; cell++) {
    const unseen = reports.filter((_, i) => parts[i].parts.cells.split.test.includes(cell));
    assert.equal(unseen.length, 2);
    const scores = [0, 1, 2].map((c) =>
      unseen.reduce((sum, { parts: report }) => sum + report.labelled.scores[3 * cell + c], 0),
    );
    if (scores.indexOf(Math.max(...scores)) === codes[cell]) right++;
  }
  assert.equal(series!.together.accuracy, right / 148);
  const opened = await loadRun(folder);
  const report = await evaluate(opened);
  assert.equal(report.metrics.cells, 148);
  assert.equal(report.metrics.accuracy, right / 148);
  assert.equal(report.metrics.weighted.f1, series!.together.weightedF1);
  assert.deepEqual(report.parts.notes, []);
  assert.deepEqual(opened.parts.series, series);

  const shown = await (opened as unknown as Record<symbol, () => Promise<Record<string, string>>>)[
    Symbol.for("Jupyter.mime")
  ]();
  const table = shown["text/plain"].split("\n");
  const column = (name: string) =>
    Number(table.find((line) => line.startsWith(name))!.match(/\d\.\d{3}/)![0]);
  const accuracies = reports.map(({ metrics }) => metrics.accuracy);
  const mean = accuracies.reduce((sum, one) => sum + one) / 4;
  const deviation = Math.sqrt(accuracies.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 3);
  assert.ok(Math.abs(column("mean") - mean) < 6e-4);
  assert.ok(Math.abs(column("standard deviation") - deviation) < 6e-4);
});

test("several trainings that were interrupted go on to the weights of those that were not", async (context) => {
  const scratch = temporaryFolder(context);
  const ready = preparedCells(await model);
  const seeds = [3, 4];
  const whole = await crossValidate(ready, { ...each, seeds });
  const folder = join(scratch, "killed");
  const stop = new AbortController();
  const onProgress: ResumeOptions["onProgress"] = ({ step, message }) => {
    if (step === 5 && message?.startsWith("seed 4")) stop.abort(new Error("enough"));
  };
  const options = { ...each, seeds, saveDir: folder, signal: stop.signal, onProgress };
  await assert.rejects(crossValidate(ready, options), /enough/);
  await interruptedRun();
  assert.deepEqual(readdirSync(folder).sort(), ["cells", "seed-3", "seed-4", "series.json"]);
  for (const begin of [crossValidate, finetune])
    await assert.rejects(
      begin(ready, { ...each, saveDir: folder }),
      /holds a training that is not at its end/,
    );
  const run = await resume(folder);
  assert.deepEqual([...run.weights], [...whole.weights]);
  assert.deepEqual(
    run.parts.members!.map((weights) => [...weights]),
    whole.parts.members!.map((weights) => [...weights]),
  );
  const figures = (of: Run) => ({ ...of.parts.series, id: "" });
  assert.deepEqual(figures(run), figures(whole));
  await assert.rejects(resume(folder), /is at its end after 2 epochs\. For more: .* epochs: 3/);
  const more = await resume(folder, { epochs: 3 });
  assert.deepEqual(
    more.parts.series!.parts.map(({ name }) => name),
    ["seed 3", "seed 4"],
  );
  assert.equal((await loadRun(join(folder, "seed-4"))).training.history.length, 3);
  // One training in its place leaves nothing of the two.
  await finetune(ready, { ...each, epochs: 1, saveDir: folder, overwrite: true });
  assert.ok(!readdirSync(folder).some((name) => /^(cells$|seed-|series|member)/.test(name)));
});

test("trainings that are only planned are done by themselves, in any order, and joined to what they are in a row", async (context) => {
  const ready = preparedCells(await model);
  const folder = join(temporaryFolder(context), "planned");
  const options = { ...each, epochs: 1, folds: 2 };
  const { parts } = await planSeries(ready, { ...options, saveDir: folder });
  assert.deepEqual(parts.map((part) => part.folder).reverse(), ["fold-2", "fold-1"]);
  for (const part of ["fold-2", "fold-1"]) await resume(join(folder, part));
  const before = statSync(join(folder, "fold-1", "run.json")).mtimeMs;
  const run = await resume(folder);
  assert.equal(statSync(join(folder, "fold-1", "run.json")).mtimeMs, before, "done already");
  const row = await crossValidate(ready, options);
  assert.deepEqual({ ...run.parts.series, id: "" }, { ...row.parts.series, id: "" });
  assert.deepEqual([...run.weights], [...row.weights]);
  await assert.rejects(planSeries(ready, { ...each, seeds: [3], saveDir: folder }), /names one seed, 3/);
});

test("what makes no several trainings is refused; a forecast counts them", async () => {
  const ready = preparedCells(await model);
  const wrong = (options: Parameters<typeof crossValidate>[1]) =>
    crossValidate(ready, { ...each, ...options });
  await assert.rejects(wrong({ seeds: [3] }), /names one seed, 3, .* finetune with seed/);
  await assert.rejects(wrong({ seeds: [3, 3] }), /seeds is 3,3; expected whole numbers from 0 on, each once/);
  await assert.rejects(wrong({ folds: 2, split: "published" }), /split and folds each say/);
  await assert.rejects(wrong({ seeds: [1, 2], seed: 3 }), /seed and seeds each say/);
  const { trainings, text } = await forecast(ready, { ...each, folds: 3, seeds: [1, 2] });
  assert.equal(trainings, 6);
  assert.match(text, /^6 trainings of \d+ cells × 2 epochs: about/);
});
