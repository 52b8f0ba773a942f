import { CellkernelError } from "../../support/error.js";
import type { CsrBlock, RowMatrix } from "../matrix.js";
import { arrayFor } from "../numbers.js";
import type { Storage } from "../storage.js";
import { blockEnd, readPointers, requireLikelyLines } from "./csr.js";
import { checkedBlock, rowRange } from "./rows.js";

/** Entries of a band of rows that is gathered at a time: 256 MB for float32. */
const BAND_ENTRIES = 2 ** 25;
/** Entries that are read from the file at a time. */
const RUN = 262_144;

/**
 * A `csc_matrix` group, read by runs of rows although it is stored by columns. One pass over the
 * indices counts each row's entries; then rows are gathered in bands of at most `BAND_ENTRIES`
 * entries, each by one pass over the file. A matrix that fits in one band is so read twice; memory
 * never exceeds a band, whatever the matrix's size.
 */
export class CscMatrix implements RowMatrix {
  readonly format = "csc";
  readonly dtype: string;
  readonly entries: number;
  private columnPointers: Float64Array | undefined;
  private rowPointers: Float64Array | undefined;

  constructor(
    private readonly file: Storage,
    private readonly path: string,
    readonly shape: readonly [number, number],
    private readonly bandEntries = BAND_ENTRIES,
  ) {
    this.dtype = file.dtype(`${path}/data`);
    this.entries = file.shape(`${path}/data`)[0];
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    this.columnPointers ??= this.readColumnPointers();
    this.rowPointers ??= this.countRows();
    const pointers = this.rowPointers;
    for (let row = start; row < end; ) {
      const bandEnd = this.bandEnd(pointers, row, end, rows);
      const band = this.band(pointers, row, bandEnd);
      while (row < bandEnd) {
        const stop = rows === undefined ? blockEnd(pointers, row, bandEnd) : Math.min(bandEnd, row + rows);
        yield this.part(band, pointers, row, stop);
        row = stop;
      }
    }
  }

  /** The stored values of columns `start` to `end`, for a look at what the matrix holds. */
  columnValues(start: number, end: number): Float32Array | Float64Array {
    this.columnPointers ??= this.readColumnPointers();
    const first = this.columnPointers[start];
    const data = this.file.rowReader(`${this.path}/data`);
    try {
      const values = arrayFor(this.dtype, this.columnPointers[end] - first);
      data.read(first, first + values.length, values);
      return values;
    } finally {
      data.release();
    }
  }

  private readColumnPointers(): Float64Array {
    const [rows, columns] = this.shape;
    const pointers = readPointers(this.file, this.path, columns);
    requireLikelyLines(pointers, [0, columns], rows, this.file.at(this.path));
    return pointers;
  }

  /** A band ends where the next row (or the next block of `rows` rows) would make it too large. */
  private bandEnd(pointers: Float64Array, start: number, end: number, rows = 1): number {
    let stop = Math.min(end, start + rows);
    while (stop < end && pointers[Math.min(end, stop + rows)] - pointers[start] <= this.bandEntries) {
      stop = Math.min(end, stop + rows);
    }
    return stop;
  }

  /** Where each row's entries would begin if the matrix were stored by rows. */
  private countRows(): Float64Array {
    const counts = new Float64Array(this.shape[0] + 1);
    const indices = this.file.rowReader(`${this.path}/indices`);
    const run = new Int32Array(RUN);
    try {
      for (let at = 0; at < indices.rows; at += RUN) {
        const stop = Math.min(indices.rows, at + RUN);
        indices.read(at, stop, run);
        for (let i = 0; i < stop - at; i++) {
          const row = run[i];
          if (row < 0 || row >= this.shape[0]) {
            throw new CellkernelError(
              "format",
              `${this.file.at(this.path)}: entry ${at + i} is outside of rows 0 to ${this.shape[0] - 1}; ` +
                "the file is damaged.",
              { path: this.file.path, member: this.path },
            );
          }
          counts[row + 1]++;
        }
      }
    } finally {
      indices.release();
    }
    for (let row = 0; row < this.shape[0]; row++) counts[row + 1] += counts[row];
    return counts;
  }

  /** Gathers rows `start` to `end` in one pass over the file. Columns ascend since they are passed in order. */
  private band(pointers: Float64Array, start: number, end: number): CsrBlock {
    const first = pointers[start];
    const count = pointers[end] - first;
    const indptr = Int32Array.from({ length: end - start + 1 }, (_, i) => pointers[start + i] - first);
    const next = indptr.slice();
    const indices = new Int32Array(count);
    const data = arrayFor(this.dtype, count);
    const rowReader = this.file.rowReader(`${this.path}/indices`);
    const dataReader = this.file.rowReader(`${this.path}/data`);
    const rows = new Int32Array(RUN);
    const values = arrayFor(this.dtype, RUN);
    const columnPointers = this.columnPointers!;
    let column = 0;
    try {
      for (let at = 0; at < rowReader.rows; at += RUN) {
        const stop = Math.min(rowReader.rows, at + RUN);
        rowReader.read(at, stop, rows);
        dataReader.read(at, stop, values);
        for (let i = 0; i < stop - at; i++) {
          while (at + i >= columnPointers[column + 1]) column++;
          const row = rows[i] - start;
          if (row < 0 || row >= end - start) continue;
          const k = next[row]++;
          indices[k] = column;
          data[k] = values[i];
        }
      }
    } finally {
      rowReader.release();
      dataReader.release();
    }
    return { start, rows: end - start, columns: this.shape[1], indptr, indices, data };
  }

  /** Rows `start` to `end` of a band, copied so that the band can go. */
  private part(band: CsrBlock, pointers: Float64Array, start: number, end: number): CsrBlock {
    const from = pointers[start] - pointers[band.start];
    const to = pointers[end] - pointers[band.start];
    const block: CsrBlock = {
      start,
      rows: end - start,
      columns: band.columns,
      indptr: Int32Array.from({ length: end - start + 1 }, (_, i) => pointers[start + i] - pointers[start]),
      indices: band.indices.slice(from, to),
      data: band.data.slice(from, to),
    };
    return checkedBlock(block, this.file.at(this.path));
  }
}
