import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { H5File } from "../../../src/anndata/hdf5/file.js";
import { CscMatrix } from "../../../src/anndata/matrices/csc.js";
import type { RowMatrix } from "../../../src/anndata/matrix.js";
import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";

const COUNTS = "test/fixtures/preprocess/counts559.h5ad";

/** The sum of each row, and the sum in which each value counts as often as its column's number. */
function rowSums(matrix: RowMatrix, options: { start?: number; end?: number; rows?: number } = {}) {
  const { start = 0, end = matrix.shape[0] } = options;
  const sums = new Array<number>(end - start).fill(0);
  const weighted = sums.slice();
  for (const block of matrix.blocks(options)) {
    for (let row = 0; row < block.rows; row++) {
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++) {
        sums[block.start - start + row] += block.data[k];
        weighted[block.start - start + row] += block.data[k] * (block.indices[k] + 1);
      }
    }
  }
  return { sums, weighted };
}

test("a real matrix of nearly a million entries has the row sums that scipy computes, however it is stored", async (context) => {
  const folder = temporaryFolder(context);
  const wanted: ReturnType<typeof rowSums> = JSON.parse(
    python("test/anndata/support/large.py", COUNTS, folder),
  );
  const part = { sums: wanted.sums.slice(200, 217), weighted: wanted.weighted.slice(200, 217) };
  const names = ["csr", "csr-chunks", "csc", "csc-gzip", "dense", "dense-gzip"].map((name) =>
    join(folder, `${name}.h5ad`),
  );
  for (const path of names) {
    const cells = await readH5ad(path);
    assert.deepEqual(rowSums(cells.X!), wanted, path);
    assert.deepEqual(rowSums(cells.X!, { rows: 100 }), wanted, path);
    assert.deepEqual(rowSums(cells.X!, { start: 200, end: 217, rows: 5 }), part, path);
    cells.close();
  }

  const file = await H5File.open(join(folder, "csc.h5ad"));
  const banded = new CscMatrix(file, "/X", [559, 9810], 100_000);
  assert.deepEqual(rowSums(banded), wanted);
  assert.deepEqual(rowSums(banded, { rows: 64 }), wanted);
  assert.deepEqual(rowSums(banded, { start: 200, end: 217 }), part);
  file.close();
});

test("a range of rows that the matrix does not have is an error", async () => {
  const cells = await readH5ad("test/fixtures/h5ad/csr.h5ad");
  assert.throws(
    () => [...cells.X!.blocks({ end: 61 })],
    /Rows 0 to 61, any number at a time, is not a range of 60 rows/,
  );
  assert.throws(() => [...cells.X!.blocks({ rows: 0 })], /0 at a time/);
  cells.close();
  assert.throws(() => [...cells.X!.blocks()], /csr\.h5ad was closed/);
});
