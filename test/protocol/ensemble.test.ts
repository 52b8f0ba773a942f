import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fitTemperature } from "../../src/evaluate/calibration.js";
import {
  calibrateEnsemble,
  crossValidationSplits,
  ensemble,
  evaluate,
  finetune,
  loadRun,
} from "../../src/index.js";
import { halves } from "../../src/protocol/calibrateEnsemble.js";
import { Run } from "../../src/protocol/run.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { near } from "../support/trustFixture.js";
import "../support/withoutProjection.js";

const settings = { epochs: 2, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu" } as const;
const probabilities = (csv: string) =>
  csv
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/"[^"]*"/g, "x").split(","))
    .map(([, , label, probability]) => ({ label, probability: Number(probability) }));

test("an ensemble of seeds is a run: it is saved, loaded and predicts by the mean of its members", async (context) => {
  const ready = preparedCells(await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }));
  const runs: Run[] = [];
  for (const seed of [0, 1, 2]) runs.push(await finetune(ready, { ...settings, seed }));
  const folder = join(temporaryFolder(context), "ensemble");
  await ensemble(runs).save(folder);
  assert.ok(readdirSync(folder).includes("member-3.pt"));
  const loaded = await loadRun(folder);
  assert.deepEqual(
    loaded.parts.members!.map((weights) => [...weights]),
    [[...runs[1].weights], [...runs[2].weights]],
  );
  assert.equal(loaded.parts.trust, undefined);
  assert.match(loaded.notes[0], /the mean of theirs, without temperature, threshold and prediction sets/);
  const report = await evaluate(loaded, { cells: ready });
  const together = probabilities(report.predictions());
  const apart = await Promise.all(
    runs.map(async ({ parts }) => {
      // Their softmax as it is: an ensemble knows no temperature.
      const plain = new Run({ ...parts, trust: undefined });
      return probabilities((await evaluate(plain, { cells: ready })).predictions());
    }),
  );
  const agreed = together.flatMap(({ label, probability }, cell) => {
    const members = apart.map((member) => member[cell]);
    if (!members.every((member) => member.label === label)) return [];
    const mean = members.reduce((sum, member) => sum + member.probability, 0) / members.length;
    assert.ok(Math.abs(probability - mean) < 1e-4, `cell ${cell}: ${probability} for ${mean}`);
    return [cell];
  });
  assert.ok(agreed.length > 30, `${agreed.length} cells on which all agree`);
  assert.equal(report.metrics.cells, runs[0].parts.cells.split.test.length);
  // A run of one takes its place, and leaves none of its weights.
  await runs[0].save(folder);
  assert.ok(!readdirSync(folder).some((name) => name.startsWith("member-")));
});

test("an ensemble of folds has each cell labelled by those that did not see it; runs of other cells are none", async () => {
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  const ready = preparedCells(model);
  const runs: Run[] = [];
  for (const split of crossValidationSplits(ready, { folds: 2 }))
    runs.push(await finetune(ready, { ...settings, epochs: 1, split }));
  const both = ensemble(runs);
  const { train, validation, test } = both.parts.cells.split;
  assert.deepEqual([test.length, train.length, validation.length], [148, 0, 0]);
  const report = await evaluate(both);
  assert.deepEqual(report.parts.notes, []);
  const [first, second] = await Promise.all(
    runs.map(({ parts }) => evaluate(new Run({ ...parts, trust: undefined }, ready))),
  );
  const inSecond = new Set(runs[1].parts.cells.split.test);
  const { labelled } = report.parts;
  assert.deepEqual(
    [...labelled.codes.slice(0, 148)],
    Array.from(
      { length: 148 },
      (_, cell) => (inSecond.has(cell) ? second : first).parts.labelled.codes[cell],
    ),
  );
  // Out of fold: halves of the 148 cells, each labelled by the member that did not see it.
  const calibrated = await calibrateEnsemble(both);
  const { trust } = calibrated.parts;
  const shown = report.parts.labelled;
  const half = halves(report.parts.truth.slice(0, 148));
  const rows = Float32Array.from(
    [...half[0]].flatMap((cell) => [...shown.scores.subarray(3 * cell, 3 * cell + 3)].map(Math.log)),
  );
  near(
    trust!.temperature,
    fitTemperature(
      [...half[0]].map((cell) => report.parts.truth[cell]),
      rows,
      3,
    ),
    1e-4,
  );
  assert.equal(half[0].length + half[1].length, 148);
  assert.equal(trust!.sets!.coverage, 0.9);
  assert.match(
    calibrated.notes[0],
    /^an ensemble of 2: probabilities are the mean of theirs, calibrated by 74 of the 148 test cells, the prediction sets by the others$/,
  );
  await assert.rejects(
    calibrateEnsemble(both, { cells: preparedCells(model, 120) }),
    /no cell of simulated\.h5ad is a test cell of the ensemble: give the cells that its members were trained on/,
  );
  await assert.rejects(
    calibrateEnsemble(runs[0]),
    /is no ensemble; a run is calibrated when its training ends/,
  );
  const other = await finetune(preparedCells(model, 120), { ...settings, epochs: 1 });
  assert.throws(() => ensemble([runs[0], other]), /are no ensemble: they differ in cells/);
  assert.throws(() => ensemble([runs[0]]), /needs at least two runs, and was given 1/);
});
