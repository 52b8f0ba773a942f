import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { takeCells } from "../../src/anndata/edit/subset.js";
import { readCells } from "../../src/anndata/formats/readCells.js";
import { H5File } from "../../src/anndata/hdf5/file.js";
import { CsrMatrix } from "../../src/anndata/matrices/csr.js";
import type { RowMatrix } from "../../src/anndata/matrix.js";
import { readRange } from "../../src/anndata/readRange.js";
import { columnsOf } from "../../src/anndata/table.js";

const FILES = [
  ...["csr", "csc", "dense", "gzip"].map((name) => `test/fixtures/h5ad/${name}.h5ad`),
  ...readdirSync("test/fixtures/h5ad/archives").map((name) => join("test/fixtures/h5ad/archives", name)),
  ...["v2", "v3"].map((name) => `test/fixtures/zarr/${name}.zarr`),
];

/** All entries, row by row. */
function entries(matrix: RowMatrix | undefined): number[][] {
  const rows: number[][] = [];
  for (const { rows: count, indptr, indices, data } of matrix?.blocks() ?? [])
    for (let row = 0; row < count; row++)
      rows.push([
        ...indices.subarray(indptr[row], indptr[row + 1]),
        ...data.subarray(indptr[row], indptr[row + 1]),
      ]);
  return rows;
}

for (const path of FILES.filter((name) => /\.(h5ad|zarr)$/.test(name)))
  test(`some cells of ${path} are those of the whole file`, async () => {
    const whole = await readCells(path);
    const names = whole.obs.columnNames();
    for (const [start, end] of [
      [0, 1],
      [1, whole.nObs],
      [Math.floor(whole.nObs / 2), Math.floor(whole.nObs / 2)],
    ]) {
      const rows = Int32Array.from({ length: end - start }, (_, i) => start + i);
      const expected = takeCells(whole, rows);
      const own = await readRange({ path }, { start, end, columns: [...names, "nowhere"] });
      assert.deepEqual(own.obsNames, expected.obsNames);
      assert.deepEqual(own.varNames, expected.varNames);
      assert.deepEqual(own.obs.columnNames(), names);
      for (const [name, column] of columnsOf(own.obs, "obs"))
        assert.deepEqual(
          [...(column as Iterable<unknown>)],
          [...(expected.obs.column(name) as unknown as Iterable<unknown>)],
          name,
        );
      for (const [mine, theirs] of [
        [own.X, expected.X],
        [own.raw?.X, expected.raw?.X],
        ...[...expected.layers].map(([name, layer]) => [own.layers.get(name), layer]),
      ])
        assert.deepEqual(entries(mine), entries(theirs));
      const [first] = names;
      const few = await readRange({ path }, { start, end, columns: first ? [first] : [] });
      assert.deepEqual(few.obs.columnNames(), first ? [first] : []);
      own.close();
      few.close();
    }
    whole.close();
  });

test("a matrix of which the pointers of few rows are held is the same", async () => {
  const file = await H5File.open("test/fixtures/h5ad/csr.h5ad");
  const whole = new CsrMatrix(file, "/X", shapeOf(file));
  for (const held of [1, 3, 7]) {
    const some = new CsrMatrix(file, "/X", shapeOf(file), held);
    assert.deepEqual(entries(some), entries(whole));
    assert.deepEqual(entries(some), entries(whole));
    const few = [...some.blocks({ start: 2, end: 9, rows: 2 })];
    assert.deepEqual(few, [...whole.blocks({ start: 2, end: 9, rows: 2 })]);
  }
  file.close();
});

function shapeOf(file: H5File): [number, number] {
  const [rows, columns] = Array.from(file.attribute("/X", "shape")!.values as BigInt64Array, Number);
  return [rows, columns];
}
