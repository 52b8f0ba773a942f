import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { table } from "arquero";
import { readCells } from "../../../src/anndata/formats/readCells.js";
import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { readZarr } from "../../../src/anndata/readZarr.js";
import { writeH5ad } from "../../../src/anndata/write/h5ad.js";
import { writeResults } from "../../../src/anndata/write/results.js";
import { writeZarr } from "../../../src/anndata/write/zarr.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";
import { differences } from "../support/compare.js";
import { dense } from "../support/dense.js";
import { assertSame } from "../support/same.js";

for (const version of [2, 3])
  test(`a store of version ${version} that anndata wrote holds what was put in`, async () => {
    const cells = await readCells(`test/fixtures/zarr/v${version}.zarr`);
    assert.deepEqual(cells.obsNames, ["c0", "c1", "c2é"]);
    assert.deepEqual(cells.varNames, ["g0", "g1"]);
    assert.deepEqual(dense(cells.X!), [
      [0, 1.5],
      [0, 0],
      [2, 3],
    ]);
    assert.equal(cells.X!.dtype, "float32");
    assert.equal(cells.X!.format, "csr");
    assert.deepEqual(cells.categories("type"), ["B", "T", "none"]);
    assert.deepEqual([...(cells.obs.column("type") as Iterable<unknown>)], ["T", "B", null]);
    assert.deepEqual([...(cells.obs.column("age") as Iterable<unknown>)], [1, null, 3]);
    assert.deepEqual([...(cells.obs.column("note") as Iterable<unknown>)], ["", "é", "𝄞"]);
    assert.equal(cells.uns.get("text"), "é");
    assert.equal(cells.raw, undefined);
    cells.close();
  });

test("the same AnnData in .h5ad and in Zarr of every kind reads the same to the bit, and is written the same", async (context) => {
  const folder = temporaryFolder(context);
  python("test/anndata/support/zarrStores.py", folder);
  const original = await readH5ad(join(folder, "cells.h5ad"));
  const pairs: [string, string][] = [];
  for (const name of ["v2", "v3", "chunks", "shards"]) {
    const store = join(folder, `${name}.zarr`);
    const cells = await readZarr(store);
    assertSame(cells, original);

    const results = join(folder, `${name}-results.zarr`);
    await writeResults(
      cells,
      results,
      { obs: table({ big: Array(7).fill(1), label: [..."ababbab"] }) },
      { byRow: true },
    );
    const labelled = await readZarr(results);
    assert.deepEqual([...(labelled.obs.column("label") as Iterable<unknown>)], [..."ababbab"]);
    pairs.push([store, results]);

    for (const { close } of [cells, labelled]) close();
  }
  const again = join(folder, "again.zarr");
  await writeZarr(original, again);
  const reread = await readZarr(again);
  pairs.push([join(folder, "v3.zarr"), again]);
  assert.deepEqual(reread.uns.get("a key, and more"), 1);
  await writeH5ad(reread, join(folder, "again.h5ad"));
  pairs.push([join(folder, "cells.h5ad"), join(folder, "again.h5ad")]);
  for (const { close } of [original, reread]) close();
  const found = differences(pairs);
  // All that is not kept anew: booleans in matrices, half precision in columns; texts that repeat become categorical.
  const anew = [
    "layers/csc_bool: sparse values, (7, 5) bool and (7, 5) float32",
    "layers/dense_bool: bool and float32",
    "obs/float16: dtype float16 and float32",
    "obsm/frame/v: dtype object and category",
  ];
  pairs.forEach(([, out], i) => {
    const changed = ["obs/big: values", "obs/label: only in the second"];
    assert.deepEqual(found[i], out.includes("results") ? changed : anew, out);
  });
});
