import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { table } from "arquero";

import { readCells, readH5ad, simulate, writeH5ad, writeResults, writeZarr } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";
import { python } from "../support/python.js";

const TRIALS = "test/fixtures/trials";

test("what is written anew works in scanpy: one integer type for indices and row pointers", async (context) => {
  const folder = temporaryFolder(context);
  const [table, simulated] = [join(folder, "table.h5ad"), join(folder, "simulated.h5ad")];
  await writeH5ad(await readCells(`${TRIALS}/out_index_dtype/cells.csv`), table);
  await simulate(simulated, { cells: 60, genes: 500 });
  assert.deepEqual(JSON.parse(python("test/trials/inScanpy.py", table, simulated)), [
    ["int32", "int32", "ok"],
    ["int32", "int32", "ok"],
  ]);
});

test("results written twice replace the first; what is not read here is kept by copying", async (context) => {
  const folder = temporaryFolder(context);
  const label = (name: string) =>
    table({ predicted_label: Array.from({ length: 60 }, (_, i) => `${name}${i % 2}`) });
  const input = `${TRIALS}/awkward_again/awkward.h5ad`;
  const [one, two] = [join(folder, "one.h5ad"), join(folder, "two.h5ad")];
  await writeResults(input, one, { obs: label("A") }, { byRow: true });
  await writeResults(one, two, { obs: label("B"), uns: { nothing: null } }, { byRow: true });
  const said = JSON.parse(python("test/trials/copied.py", input, two));
  assert.deepEqual(said, {
    same: true,
    labels: ["B0", "B1"],
    nothing: null,
    columns: ["celltype", "donor", "predicted_label"],
  });
  const cells = await readH5ad(one);
  assert.throws(
    () => cells.obsm.get("airr"),
    /obsm\/airr has the encoding "awkward-array".*Remove it from the file in Python/,
  );
  cells.close();
});

test("what is not read here is kept between .h5ad and Zarr as well, but where the other has no such type", async (context) => {
  const folder = temporaryFolder(context);
  const [store, again] = [join(folder, "cells.zarr"), join(folder, "again.h5ad")];
  const input = `${TRIALS}/awkward_again/awkward.h5ad`;
  const copy = async (from: string, to: string, write: typeof writeH5ad) => {
    const cells = await readCells(from);
    await write(cells, to);
    cells.close();
  };
  await copy(input, store, writeZarr);
  await copy(store, again, writeH5ad);
  assert.deepEqual(JSON.parse(python("test/trials/carried.py", input, store, again)), [true, true, 2]);
  // It holds complex numbers.
  await assert.rejects(copy(`${TRIALS}/more/later.h5ad`, join(folder, "later.zarr"), writeZarr), {
    code: "format",
    message:
      /obs\/when has the encoding "from-the-future", which cannot be written in the other format.* without it\. Nothing/,
  });
});

test("columns with slashes in their names, and None, are written as anndata reads them", async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, "again.h5ad");
  const cells = await readH5ad(`${TRIALS}/slash_obs/slash_obs.h5ad`);
  await writeH5ad(cells, path);
  cells.close();
  assert.deepEqual(JSON.parse(python("test/trials/sameObs.py", `${TRIALS}/slash_obs/slash_obs.h5ad`, path)), {
    same: true,
    columns: ["celltype", "donor", "CD4/CD8", "G2/M score"],
  });
});
