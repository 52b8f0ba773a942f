import assert from "node:assert/strict";
import { test } from "node:test";

import { CellkernelError, openModel, preprocess, readCells } from "../../src/index.js";

const TRIALS = "test/fixtures/trials";
const model = openModel("notebooks/models/small");

/** Counts of each cell, as numpy sums them. */
async function totals(path: string): Promise<{ genes: number; totals: number[] }> {
  const cells = await readCells(`${TRIALS}/${path}`);
  const totals = [...cells.X!.blocks()].flatMap(({ rows, indptr, data }) =>
    Array.from({ length: rows }, (_, row) =>
      Array.from(data.subarray(indptr[row], indptr[row + 1])).reduce((sum, value) => sum + value, 0),
    ),
  );
  cells.close();
  return { genes: cells.nVars, totals };
}

test("antibodies and hashtags are left out of a folder as of an .h5, as scanpy does", async () => {
  for (const path of ["cite_mtx/cite.h5", "cite_mtx/cite_mtx"]) {
    const { genes, totals: all } = await totals(path);
    assert.equal(genes, 100);
    assert.deepEqual(all.slice(0, 3), [641, 1897, 1124]);
    assert.equal(
      all.reduce((sum, total) => sum + total, 0),
      49_001,
    );
  }
});

test("target sets of Flex and targeted assays are no column of features", async () => {
  const cells = await readCells(`${TRIALS}/tenx_target_sets/tenx_target.h5`);
  assert.deepEqual([cells.nObs, cells.nVars, cells.varNames[0]], [60, 120, "CD3D"]);
  assert.deepEqual(cells.var.columnNames().sort(), ["feature_types", "gene_ids", "genome"]);
  cells.close();
});

test("names that R has quoted are read without the marks", async () => {
  const cells = await readCells(`${TRIALS}/quoted_mtx/quoted_mtx`);
  assert.deepEqual(cells.varNames.slice(0, 3), ["CD3D", "CD3E", "IL7R"]);
  assert.deepEqual(cells.obsNames.slice(0, 2), ["ACGT0000-1", "ACGT0001-1"]);
  const ready = await preprocess(cells, { model: await model, nHvg: 0 });
  assert.deepEqual([ready.match.matched, ready.match.of], [120, 120]);
});

test("a table on its side is refused with the remedy, which works", async () => {
  const path = `${TRIALS}/csv_turned/csv_turned.csv`;
  await assert.rejects(
    async () => preprocess(await readCells(path), { model: await model }),
    (error) =>
      error instanceof CellkernelError &&
      /seems to be genes × cells: of its 120 rows 120 have names of genes .* transpose \(--transpose\)/.test(
        error.message,
      ),
  );
  const turned = await readCells(path, { transpose: true });
  assert.deepEqual(
    [turned.nObs, turned.nVars, turned.varNames[0], turned.obsNames[0]],
    [60, 120, "CD3D", "ACGT0000-1"],
  );
  await assert.rejects(
    readCells(`${TRIALS}/ref.h5ad`, { transpose: true }),
    /is not a table .* \(--transpose\)/,
  );
  await assert.rejects(readCells(path, { genome: "mm10" }), /is not a 10x \.h5 file.* \(--genome\)/);
});
