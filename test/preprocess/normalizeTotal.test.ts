import assert from "node:assert/strict";
import { test } from "node:test";
import { log1p } from "../../src/preprocess/log1p.js";
import { normalizeTotal } from "../../src/preprocess/normalizeTotal.js";
import { expected } from "./expected.js";
import { counts559, denseMatrix } from "./matrix.js";

test("normalised, logged values are scanpy's to 1e-6", async () => {
  const { matrix } = await counts559();
  const logged = log1p(normalizeTotal(matrix, { targetSum: 1e4 }));
  const [first] = logged.blocks({ end: 1 });
  assert.deepEqual([...first.indices], expected.log_row0.indices);
  first.data.forEach((value, i) => {
    assert.ok(Math.abs(value / expected.log_row0.values[i] - 1) < 1e-6);
  });
  for (const { start, rows, indptr, data } of logged.blocks())
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let p = indptr[row]; p < indptr[row + 1]; p++) sum += data[p];
      assert.ok(Math.abs(sum / expected.log_row_sums[start + row] - 1) < 1e-6, `row ${start + row}`);
    }
});

test("without a target, cells get the median of the non-empty ones; empty cells stay empty", () => {
  const matrix = denseMatrix([
    [1, 1],
    [0, 0],
    [4, 0],
    [3, 5],
  ]);
  const [block] = normalizeTotal(matrix).blocks();
  assert.deepEqual([...block.data], [2, 2, 4, 1.5, 2.5]);
  assert.deepEqual([...block.indptr], [0, 2, 2, 3, 5]);
});

test("a senseless target is named", () => {
  assert.throws(() => normalizeTotal(denseMatrix([[1]]), { targetSum: 0 }), /normalizeTotal is 0/);
});
