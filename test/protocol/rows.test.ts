import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type AnnData,
  annotate,
  evaluate,
  finetune,
  loadRun,
  openModel,
  preprocess,
  readH5ad,
  subset,
} from "../../src/index.js";
import "../support/withoutProjection.js";

const folder = "test/fixtures/trials";
const scratch = mkdtempSync(join(tmpdir(), "rows-"));
const model = openModel("notebooks/models/small");
const training = { epochs: 1, device: "cpu", threads: 1 } as const;

async function prepare(file: string | AnnData, nHvg: number) {
  const cells = typeof file === "string" ? await readH5ad(join(folder, file)) : file;
  return preprocess(cells, { cellType: "celltype", batch: "donor", model: await model, nHvg });
}

test("repeated names keep their split: 48, 6 and 6 of 60 cells, the same rows as under names of their own", async () => {
  const parts: string[][] = [];
  for (const file of ["unique.h5ad", "dup_obs.h5ad"]) {
    const ready = await prepare(file, 60);
    const saved = join(scratch, file);
    await finetune(ready, { ...training, saveDir: saved });
    const report = await evaluate(await loadRun(saved), { cells: ready });
    assert.equal(report.metrics.cells, 6);
    parts.push(report.parts.parts);
  }
  assert.deepEqual(parts[1], parts[0]);
  const count = (part: string) => parts[1].filter((one) => one === part).length;
  assert.deepEqual([count("train"), count("validation"), count("test")], [48, 6, 6]);
});

test("another sample with the same cell names is another sample: figures of all its cells", async () => {
  const run = await finetune(await prepare("ref.h5ad", 0), training);
  const other = await prepare("unique.h5ad", 0);
  assert.equal(other.cellNames[0], run.ready!.cellNames[0]);
  const report = await evaluate(run, { cells: other });
  assert.deepEqual([report.parts.subset, report.metrics.cells], ["all", 60]);
  assert.ok(report.parts.parts.every((part) => part === "none"));
  // numpy finds rows 15 … 59 of both files equal: drawn from the same stream.
  const { split } = run.parts.cells;
  const copies = [...split.train, ...split.validation].filter((row) => row >= 15 && row < 60).length;
  assert.ok(copies > 30);
  assert.ok(
    report.parts.notes[0].startsWith(
      `WARNING: ${copies} of these 60 cells have exactly the genes and values of cells that the run was trained on`,
    ),
    report.parts.notes[0],
  );
});

test("cells of another file that are copies of cells learnt from are found out", async () => {
  const ready = await prepare("ref.h5ad", 0);
  const run = await finetune(ready, training);
  const { split } = run.parts.cells;
  const rows = [...split.train.slice(0, 20), ...split.validation.slice(0, 5), ...split.test.slice(0, 5)];
  const some = subset(await readH5ad(join(folder, "ref.h5ad")), {
    cells: (_row, _name, number) => rows.includes(number),
  });
  const report = await evaluate(run, { cells: await prepare(some, 0) });
  assert.match(
    report.parts.notes[0],
    /^WARNING: 25 of these 30 cells have exactly the genes and values of cells that the run was trained on/,
  );
});

test("cells with repeated names are labelled, each row with its own label", async () => {
  const run = await finetune(await prepare("ref.h5ad", 60), training);
  const [unique, repeated] = await Promise.all(
    ["unique.h5ad", "dup_obs.h5ad"].map(async (file) => {
      const out = join(scratch, `labelled-${file}`);
      await annotate(run, join(folder, file), { out, threads: 1 });
      return readH5ad(out);
    }),
  );
  assert.equal(repeated.nObs, 60);
  const names = Array.from({ length: 60 }, (_, row) => `cell${row % 30}`);
  assert.deepEqual(repeated.obsNames, names);
  for (const column of ["predicted_label", "probability", "margin"])
    for (let row = 0; row < 60; row++)
      assert.deepEqual(
        repeated.obs.column(column)!.at(row),
        unique.obs.column(column)!.at(row),
        `${column} of row ${row}`,
      );
});
