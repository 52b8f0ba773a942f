import { compressed } from "../../../src/anndata/matrices/dense.js";
import type { CsrBlock, RowMatrix } from "../../../src/anndata/matrix.js";

/** A small matrix in memory. */
export function matrixOf(rows: number[][], columns = rows[0]?.length ?? 0): RowMatrix {
  return {
    shape: [rows.length, columns],
    format: "dense",
    dtype: "float64",
    *blocks({ start = 0, end = rows.length, rows: step = 2 } = {}): Iterable<CsrBlock> {
      for (let row = start; row < end; row += step) {
        const part = rows.slice(row, Math.min(end, row + step));
        yield compressed(Float64Array.from(part.flat()), row, part.length, columns);
      }
    },
  };
}
