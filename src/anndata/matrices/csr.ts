import { CellkernelError } from "../../support/error.js";
import type { CsrBlock, RowMatrix } from "../matrix.js";
import { arrayFor } from "../numbers.js";
import type { RowReader, Storage } from "../storage.js";
import { BLOCK_ENTRIES, checkedBlock, rowRange } from "./rows.js";

/** A `csr_matrix` group, read by runs of rows; only its row pointers stay in memory. */
export class CsrMatrix implements RowMatrix {
  readonly format = "csr";
  readonly dtype: string;
  readonly entries: number;
  private pointers: Float64Array | undefined;

  constructor(
    private readonly file: Storage,
    private readonly path: string,
    readonly shape: readonly [number, number],
  ) {
    this.dtype = file.dtype(`${path}/data`);
    this.entries = file.shape(`${path}/data`)[0];
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    this.pointers ??= readPointers(this.file, this.path, this.shape[0]);
    const indices = this.file.rowReader(`${this.path}/indices`);
    const data = this.file.rowReader(`${this.path}/data`);
    try {
      for (let row = start; row < end; ) {
        const stop = rows === undefined ? blockEnd(this.pointers, row, end) : Math.min(end, row + rows);
        yield this.block(this.pointers, indices, data, row, stop);
        row = stop;
      }
    } finally {
      indices.release();
      data.release();
    }
  }

  private block(
    pointers: Float64Array,
    indices: RowReader,
    data: RowReader,
    start: number,
    end: number,
  ): CsrBlock {
    requireLikelyLines(pointers, [start, end], this.shape[1], this.file.at(this.path));
    const first = pointers[start];
    const count = pointers[end] - first;
    if (count >= 2 ** 31) {
      throw new RangeError(
        `${end - start} rows hold ${count} entries, too many for one block; ask for fewer rows.`,
      );
    }
    const block: CsrBlock = {
      start,
      rows: end - start,
      columns: this.shape[1],
      indptr: Int32Array.from({ length: end - start + 1 }, (_, i) => pointers[start + i] - first),
      indices: new Int32Array(count),
      data: arrayFor(this.dtype, count),
    };
    indices.read(first, first + count, block.indices);
    data.read(first, first + count, block.data);
    return checkedBlock(block, this.file.at(this.path));
  }
}

/** A line may hold an entry several times; more often than this on average, no writer is at fault but a trap is set. */
const MOST_REPEATED = 8;

/**
 * Refuses lines (rows, or for CSC columns) from `start` to `end` that hold far more entries than they have places, before
 * room is made for them: what a file claims of its entries need not be stored in it.
 */
export function requireLikelyLines(
  pointers: Float64Array,
  [start, end]: readonly [number, number],
  width: number,
  where: string,
): void {
  for (let line = start; line < end; line++) {
    const entries = pointers[line + 1] - pointers[line];
    if (entries > MOST_REPEATED * width)
      throw new CellkernelError(
        "format",
        `${where}: line ${line} has ${entries} entries in ${width} places; the file is damaged.`,
        { member: where },
      );
  }
}

/** Reads and checks the pointers of a compressed matrix with `lines` rows (or, for CSC, columns). */
export function readPointers(file: Storage, path: string, lines: number): Float64Array {
  const where = file.at(path);
  file.requireHeld?.(`${path}/indptr`);
  const reader = file.rowReader(`${path}/indptr`);
  const entries = file.shape(`${path}/data`)[0];
  const columns = file.shape(`${path}/indices`)[0];
  if (reader.rows !== lines + 1) {
    throw new CellkernelError(
      "format",
      `${where}: indptr has ${reader.rows} elements, expected ${lines + 1}; the file is damaged.`,
      { path: file.path, member: path },
    );
  }
  if (columns !== entries) {
    throw new CellkernelError(
      "format",
      `${where} has ${entries} values for ${columns} indices; the file is damaged.`,
      { path: file.path, member: path },
    );
  }
  if (!/^u?int/.test(file.dtype(`${path}/indices`)) || !/^u?int/.test(reader.dtype)) {
    throw new CellkernelError(
      "format",
      `${where}: indices and indptr must be integers; the file is damaged.`,
      { path: file.path, member: path },
    );
  }
  const pointers = new Float64Array(lines + 1);
  try {
    reader.read(0, lines + 1, pointers);
  } finally {
    reader.release();
  }
  if (pointers[0] !== 0)
    throw new CellkernelError(
      "format",
      `${where}: indptr begins at ${pointers[0]}, not at 0; the file is damaged.`,
      { path: file.path, member: path },
    );
  const wrong = pointers.findIndex((pointer, i) => i > 0 && pointer < pointers[i - 1]);
  if (wrong >= 0)
    throw new CellkernelError(
      "format",
      `${where}: indptr decreases at element ${wrong}; the file is damaged.`,
      { path: file.path, member: path },
    );
  if (pointers[lines] !== entries) {
    throw new CellkernelError(
      "format",
      `${where}: indptr ends at ${pointers[lines]}, but there are ${entries} values; the file is damaged.`,
      { path: file.path, member: path },
    );
  }
  return pointers;
}

/** The row after the last that still fits in a block which begins at `start`. */
export function blockEnd(pointers: Float64Array, start: number, end: number): number {
  let stop = start + 1;
  while (stop < end && stop - start < 65_536 && pointers[stop + 1] - pointers[start] <= BLOCK_ENTRIES) stop++;
  return stop;
}
