import type { CsrBlock, RowMatrix } from "../matrix.js";
import { arrayFor } from "../numbers.js";
import type { Storage } from "../storage.js";
import { BLOCK_ENTRIES, rowRange } from "./rows.js";

/** A two-dimensional dataset, read by runs of rows; its zeros are left out. */
export class DenseMatrix implements RowMatrix {
  readonly format = "dense";
  readonly dtype: string;

  constructor(
    private readonly file: Storage,
    private readonly path: string,
    readonly shape: readonly [number, number],
  ) {
    this.dtype = file.dtype(path);
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const columns = this.shape[1];
    const fitting = Math.max(1, Math.floor(BLOCK_ENTRIES / Math.max(1, columns)));
    const { start, end, rows = fitting } = rowRange(this.shape[0], options);
    const reader = this.file.rowReader(this.path);
    try {
      for (let row = start; row < end; row += rows) {
        const stop = Math.min(end, row + rows);
        const values = arrayFor(this.dtype, (stop - row) * columns);
        reader.read(row, stop, values);
        yield compressed(values, row, stop - row, columns);
      }
    } finally {
      reader.release();
    }
  }
}

/** The non-zero elements of `rows` rows of dense values. */
export function compressed(
  values: Float32Array | Float64Array,
  start: number,
  rows: number,
  columns: number,
): CsrBlock {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  const indptr = new Int32Array(rows + 1);
  const indices = new Int32Array(count);
  const data = values instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  let at = 0;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      if (values[i] === 0) continue;
      indices[at] = column;
      data[at++] = values[i];
    }
    indptr[row + 1] = at;
  }
  return { start, rows, columns, indptr, indices, data };
}
