import assert from "node:assert/strict";
import { test } from "node:test";
import { checkValues } from "../../src/preprocess/checkValues.js";
import { denseMatrix } from "./matrix.js";

const where = { matrix: "X", cell: (row: number) => `c${row}`, gene: (column: number) => `g${column}` };
const check = (rows: number[][]) => {
  for (const block of denseMatrix(rows).blocks()) checkValues(block, where);
};

test("what no expression can be is refused by cell and gene", () => {
  check([
    [0, 1.5],
    [3, 0],
  ]);
  assert.throws(
    () =>
      check([
        [0, 1],
        [2, -0.5],
      ]),
    /X has the value -0.5 \(cell "c1", gene "g1"\)\. .*scaled.*raw/,
  );
  assert.throws(
    () =>
      check([
        [0, 1],
        [0, 0],
        [Number.NaN, 1],
      ]),
    /X has the value NaN \(cell "c2", gene "g0"\)/,
  );
  assert.throws(() => check([[Infinity, 1]]), /X has the value Infinity \(cell "c0", gene "g0"\)/);
});
