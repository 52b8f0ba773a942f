import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import type { Value } from "../../src/anndata/columns.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { writeH5ad } from "../../src/anndata/write/h5ad.js";
import { temporaryFolder } from "../support/folder.js";
import { python } from "../support/python.js";
import { differences } from "./support/compare.js";
import { dense } from "./support/dense.js";

/** What anndata reads of the file that the script wrote. */
interface Expected {
  X: number[][];
  layers: string[];
  obs: Record<string, Value[]>;
  categories: Record<string, Value[]>;
}

test("every type of element, as anndata and other programs write it, is read and written again", async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, "encodings.h5ad");
  const wanted: Expected = JSON.parse(python("test/anndata/support/encodings.py", path));
  const cells = await readH5ad(path);

  assert.deepEqual([...cells.layers.keys()].sort(), wanted.layers);
  assert.equal(wanted.layers.length, 34);
  for (const [name, layer] of cells.layers) {
    const values = name.endsWith("bool")
      ? wanted.X.map((row) => row.map((value) => Math.min(1, value)))
      : wanted.X;
    assert.deepEqual(dense(layer), values, name);
    assert.deepEqual(dense(layer, 4), values, name);
    assert.equal(layer.dtype, name.split("_")[1], name);
  }
  assert.deepEqual(cells.obs.columnNames(), Object.keys(wanted.obs));
  for (const [name, values] of Object.entries(wanted.obs)) {
    assert.deepEqual([...(cells.obs.column(name) as Iterable<Value>)].map(plain), values, name);
  }
  for (const [name, categories] of Object.entries(wanted.categories)) {
    assert.deepEqual(cells.categories(name), categories, name);
  }
  assert.equal(cells.uns.get("nothing"), null);
  assert.equal(cells.uns.get("yes"), true);
  assert.equal(cells.uns.get("half"), 0.5);
  assert.deepEqual(cells.uns.get("empty"), { deeper: {} });
  assert.deepEqual(cells.uns.get("texts"), { shape: [2, 2], dtype: "str", data: ["a", "b", "c", "é"] });

  const again = join(folder, "again.h5ad");
  await writeH5ad(cells, again);
  cells.close();
  // All that is not kept: booleans and half precision in matrices, half precision in columns, a null.
  assert.deepEqual(differences([[path, again]])[0], [
    "layers/csc_bool: sparse values, (6, 4) bool and (6, 4) float32",
    "layers/csr_bool: sparse values, (6, 4) bool and (6, 4) float32",
    "layers/dense_bool: bool and float32",
    "obs/float16: dtype float16 and float32",
  ]);
});

/** Integers of 2^53 and more, and missing values, as they are in the expectation. */
function plain(value: Value): Value {
  if (typeof value === "bigint") return String(value);
  return Number.isNaN(value) ? null : value;
}
