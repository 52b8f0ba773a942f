import { CellkernelError } from "../../support/error.js";
import type { CsrBlock } from "../matrix.js";

/** Entries that a block is meant to hold when the caller does not say how many rows: 4 to 6 MB. */
export const BLOCK_ENTRIES = 2 ** 19;

/**
 * Makes a block of raw rows keep the contract of `CsrBlock`: checks every column index, and where
 * rows are unsorted, have repeated columns or explicit zeros, returns a mended copy (repeated
 * entries are summed, as scipy does). `where` opens messages: "file.h5ad, /X".
 */
export function checkedBlock(block: CsrBlock, where: string): CsrBlock {
  const { indptr, indices, data, rows, columns, start } = block;
  let clean = true;
  for (let row = 0; row < rows; row++) {
    let previous = -1;
    for (let k = indptr[row]; k < indptr[row + 1]; k++) {
      const column = indices[k];
      if (column < 0 || column >= columns) {
        throw new CellkernelError(
          "format",
          `${where}: row ${start + row} has an entry outside of columns 0 to ${columns - 1}; the file is damaged.`,
          { member: where },
        );
      }
      if (column <= previous || data[k] === 0) clean = false;
      previous = column;
    }
  }
  return clean ? block : mended(block);
}

function mended(block: CsrBlock): CsrBlock {
  const { indptr, indices, data, rows } = block;
  const starts = new Int32Array(rows + 1);
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    const entries = Array.from({ length: indptr[row + 1] - indptr[row] }, (_, i) => indptr[row] + i);
    entries.sort((a, b) => indices[a] - indices[b] || a - b);
    // Writes never overtake reads within a row, but a row is read in sorted order: hence copies.
    const columns = entries.map((k) => indices[k]);
    const values = entries.map((k) => data[k]);
    for (let i = 0; i < columns.length; ) {
      let sum = 0;
      const column = columns[i];
      for (; i < columns.length && columns[i] === column; i++) sum += values[i];
      if (sum === 0) continue;
      indices[kept] = column;
      data[kept++] = sum;
    }
    starts[row + 1] = kept;
  }
  return { ...block, indptr: starts, indices: indices.slice(0, kept), data: data.slice(0, kept) };
}

/** Resolves and checks the row range of `RowMatrix.blocks`. */
export function rowRange(
  total: number,
  { start = 0, end = total, rows }: { start?: number; end?: number; rows?: number },
): { start: number; end: number; rows: number | undefined } {
  const whole = [start, end, rows ?? 1].every(Number.isInteger);
  if (!whole || start < 0 || end > total || start > end || (rows !== undefined && rows < 1)) {
    throw new RangeError(
      `Rows ${start} to ${end}, ${rows ?? "any number"} at a time, is not a range of ${total} rows.`,
    );
  }
  return { start, end, rows };
}
