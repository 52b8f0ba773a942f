import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import type { ColumnTable } from "arquero";

import type { Categorical, Value } from "../../src/anndata/columns.js";
import type { DenseArray, NamedTable } from "../../src/anndata/element.js";
import type { RowMatrix } from "../../src/anndata/matrix.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { temporaryFolder } from "../support/folder.js";
import { dense } from "./support/dense.js";

const FOLDER = "test/fixtures/h5ad";

/** What anndata 0.12 read from the files, by the names that it was saved under. */
interface Expected {
  shape: [number, number];
  X_dense: number[][];
  obs_index: string[];
  var_index: string[];
  feature_name: string[];
  obs: Record<string, Value[]>;
  cell_type_categories: string[];
  stage_categories: string[];
  stage_ordered: boolean;
}

function expected<T>(folder: string): T {
  return JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
}

function column(table: ColumnTable, name: string): Value[] {
  return [...(table.column(name) as Iterable<Value>)];
}

// First, since a filter that is loaded stays so: those of the files below are still as they have to be.
test("a file that is no HDF5 file is refused", async (context) => {
  const path = join(temporaryFolder(context), "damaged.h5ad");
  writeFileSync(path, "no HDF5 at all");
  await assert.rejects(readH5ad(path), /cannot be opened as an HDF5 file/);
});

describe("files that anndata 0.12 wrote, in every encoding and compression", () => {
  const wanted = expected<Expected>(FOLDER);
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".h5ad"));
  assert.equal(files.length, 14);

  for (const name of files) {
    test(`${name} equals what anndata reads`, async () => {
      const cells = await readH5ad(join(FOLDER, name));
      assert.deepEqual([cells.nObs, cells.nVars], wanted.shape);
      assert.deepEqual(cells.obsNames, wanted.obs_index);
      assert.deepEqual(cells.varNames, wanted.var_index);
      for (const matrix of [cells.X, cells.raw?.X, cells.layers.get("counts")]) {
        assert.deepEqual(dense(matrix!), wanted.X_dense);
      }
      assert.deepEqual(cells.obs.columnNames(), Object.keys(wanted.obs));
      for (const [field, values] of Object.entries(wanted.obs)) {
        assert.deepEqual(column(cells.obs, field), values, field);
      }
      assert.deepEqual(cells.categories("cell_type"), wanted.cell_type_categories);
      assert.deepEqual(cells.categories("stage"), wanted.stage_categories);
      assert.equal((cells.obs.column("stage") as unknown as Categorical).ordered, wanted.stage_ordered);
      assert.equal(cells.categories("s"), undefined);
      assert.deepEqual(column(cells.var, "feature_name"), wanted.feature_name);
      assert.deepEqual(cells.raw?.varNames, wanted.var_index);
      cells.close();
    });
  }

  test("the annotations are read when asked for", async () => {
    const cells = await readH5ad(join(FOLDER, "csr.h5ad"));
    const embedding = cells.obsm.get("X_pca") as DenseArray;
    assert.deepEqual([embedding.dtype, embedding.shape], ["float32", [60, 5]]);
    assert.deepEqual(column((cells.obsm.get("frame") as NamedTable).table, "x").slice(0, 3), [0, 1, 2]);
    assert.deepEqual((cells.obsp.get("d") as RowMatrix).shape, [60, 60]);
    assert.deepEqual(cells.uns.keys(), ["arr", "log1p", "nest", "num", "rec", "s", "strs"]);
    assert.deepEqual(cells.uns.get("nest"), { k: 1.5 });
    assert.equal(cells.uns.get("num"), 3);
    assert.equal(cells.uns.get("s"), "text");
    assert.equal(cells.uns.get("absent"), undefined);
    cells.close();
  });
});

/** A summary of an archive as anndata 0.12 reads it. */
interface Archive {
  shape: [number, number];
  obs_columns: string[];
  var_columns: string[];
  obs_index_head: string[];
  var_index_head: string[];
  X_sum: number | null;
  X_row0_sum: number | null;
  layers: string[];
  obs_head: Record<string, string[]>;
  obsm: Record<string, [number, number]>;
}

describe("files that anndata 0.5 to 0.11 wrote", () => {
  const folder = join(FOLDER, "archives");
  for (const [name, wanted] of Object.entries(expected<Record<string, Archive>>(folder))) {
    test(`${name} equals what anndata reads`, async () => {
      const cells = await readH5ad(join(folder, name));
      assert.deepEqual([cells.nObs, cells.nVars], wanted.shape);
      assert.deepEqual(cells.obs.columnNames(), wanted.obs_columns);
      assert.deepEqual(cells.var.columnNames(), wanted.var_columns);
      assert.deepEqual(cells.obsNames.slice(0, 3), wanted.obs_index_head);
      assert.deepEqual(cells.varNames.slice(0, 3), wanted.var_index_head);
      assert.deepEqual([...cells.layers.keys()], wanted.layers);
      for (const [field, head] of Object.entries(wanted.obs_head)) {
        assert.deepEqual(column(cells.obs, field).slice(0, 3).map(comparable), head.map(comparable), field);
      }
      for (const [key, shape] of Object.entries(wanted.obsm)) {
        const element = cells.obsm.get(key) as Partial<DenseArray & NamedTable>;
        const { table } = element;
        assert.deepEqual(table ? [table.numRows(), table.numCols()] : element.shape, shape, key);
      }
      if (wanted.X_sum === null) {
        assert.equal(cells.X, undefined);
      } else {
        const rows = dense(cells.X!);
        // NumPy summed in single precision.
        closeTo(
          rows.flat().reduce((sum, value) => sum + value, 0),
          wanted.X_sum,
          1e-6,
        );
        closeTo(
          rows[0].reduce((sum, value) => sum + value, 0),
          wanted.X_row0_sum!,
          1e-6,
        );
      }
      cells.close();
    });
  }

  /** Numbers were saved as Python prints them: "1003", "2557.0". */
  function comparable(value: Value): Value {
    const number = Number(value);
    return value === "" || Number.isNaN(number) ? value : Math.fround(number);
  }
});

test("the demo data reads as it is: 700 blood cells with raw values", async () => {
  const cells = await readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
  assert.deepEqual([cells.nObs, cells.nVars, cells.raw?.X.shape], [700, 765, [700, 765]]);
  assert.equal(cells.categories("bulk_labels")?.length, 10);
  assert.equal(cells.categories("bulk_labels")?.[5], "CD14+ Monocyte");
  cells.close();
});

function closeTo(actual: number, wanted: number, relative: number): void {
  assert.ok(Math.abs(actual - wanted) <= relative * Math.abs(wanted), `${actual} is not near ${wanted}`);
}
