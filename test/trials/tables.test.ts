import assert from "node:assert/strict";
import { test } from "node:test";

import { readCells, readH5ad } from "../../src/index.js";

const TRIALS = "test/fixtures/trials";

async function column(path: string, name: string): Promise<unknown[]> {
  const cells = await readH5ad(`${TRIALS}/${path}`);
  const values = Array.from(cells.obs.column(name) as Iterable<unknown>);
  cells.close();
  return values;
}

function counted(values: Iterable<unknown>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}

test("R's logical has a third value, NA, which is missing", async () => {
  const doublet = await column("hdf5r_logical_na/hdf5r_logical_na.h5ad", "doublet");
  assert.deepEqual(doublet.slice(0, 4), [false, true, null, false]);
  assert.deepEqual(counted(doublet), { false: 20, true: 20, null: 20 });
});

test("SeuratDisk's factors have their levels in __categories, without a reference", async () => {
  const path = "seuratdisk_factor/seuratdisk.h5ad";
  assert.deepEqual(await column(path, "celltype"), await column(path, "chr"));
  assert.deepEqual(counted(await column(path, "celltype")), { "B cell": 20, Monocyte: 20, "T cell": 20 });
  assert.deepEqual(counted(await column(path, "allna")), { null: 60 });
});

test("a column whose name has a slash lies in a group", async () => {
  const path = "slash_obs/slash_obs.h5ad";
  assert.deepEqual((await column(path, "CD4/CD8")).slice(0, 3), ["pos", "neg", "pos"]);
  // numpy.linspace(0, 1, 60)
  const score = (await column(path, "G2/M score")) as number[];
  score.forEach((value, i) => {
    assert.ok(Math.abs(value - i / 59) < 1e-15);
  });
});

test("a matrix of None is none", async () => {
  const cells = await readCells(`${TRIALS}/x_null/x_null.h5ad`);
  assert.equal(cells.X, undefined);
  assert.deepEqual(cells.layers.get("counts")!.shape, [60, 120]);
  cells.close();
});
