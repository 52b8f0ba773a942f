import { CellkernelError } from "../../support/error.js";
import type { CsrBlock, RowMatrix } from "../matrix.js";
import { arrayFor } from "../numbers.js";
import type { RowReader, Storage } from "../storage.js";
import { BLOCK_ENTRIES, checkedBlock, rowRange } from "./rows.js";

/** Rows whose pointers are held at a time: those of a matrix with no more are read at once. */
const HELD_ROWS = 2 ** 17;
/** Rows of a block at most. */
const MOST_ROWS = 65_536;

/** A `csr_matrix` group, read by runs of rows; only row pointers stay in memory, those of some rows where there are many. */
export class CsrMatrix implements RowMatrix {
  readonly format = "csr";
  readonly dtype: string;
  readonly entries: number;
  /** Pointers of consecutive rows, and the first of these. */
  private held: { first: number; pointers: Float64Array } | undefined;

  constructor(
    private readonly file: Storage,
    private readonly path: string,
    readonly shape: readonly [number, number],
    private readonly heldRows = HELD_ROWS,
  ) {
    this.dtype = file.dtype(`${path}/data`);
    this.entries = file.shape(`${path}/data`)[0];
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    const indices = this.file.rowReader(`${this.path}/indices`);
    const data = this.file.rowReader(`${this.path}/data`);
    try {
      for (let row = start; row < end; ) {
        const pointers = this.pointersFrom(row, Math.min(end, row + (rows ?? MOST_ROWS)));
        const most = pointers.length - 1;
        const count = rows === undefined ? blockEnd(pointers, 0, most) : most;
        yield this.block(pointers.subarray(0, count + 1), indices, data, row);
        row += count;
      }
    } finally {
      indices.release();
      data.release();
    }
  }

  /** Float64 [rows + 1]: the pointers of rows `start` to `end`. */
  private pointersFrom(start: number, end: number): Float64Array {
    const total = this.shape[0];
    const { first, pointers } = this.held ?? { first: 0, pointers: new Float64Array(0) };
    if (start >= first && end < first + pointers.length)
      return pointers.subarray(start - first, end - first + 1);
    const [from, to] =
      total <= this.heldRows ? [0, total] : [start, Math.min(total, Math.max(end, start + this.heldRows))];
    this.held = { first: from, pointers: readPointers(this.file, this.path, total, [from, to]) };
    return this.held.pointers.subarray(start - from, end - from + 1);
  }

  /** @param pointers of the block's rows */
  private block(pointers: Float64Array, indices: RowReader, data: RowReader, start: number): CsrBlock {
    const rows = pointers.length - 1;
    requireLikelyLines(pointers, [0, rows], this.shape[1], this.file.at(this.path), start);
    const first = pointers[0];
    const count = pointers[rows] - first;
    if (count >= 2 ** 31) {
      throw new RangeError(`${rows} rows hold ${count} entries, too many for one block; ask for fewer rows.`);
    }
    const block: CsrBlock = {
      ...{ start, rows },
      columns: this.shape[1],
      indptr: Int32Array.from(pointers, (pointer) => pointer - first),
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
 * @param offset line of the matrix that the first pointer is of
 */
export function requireLikelyLines(
  pointers: Float64Array,
  [start, end]: readonly [number, number],
  width: number,
  where: string,
  offset = 0,
): void {
  for (let line = start; line < end; line++) {
    const entries = pointers[line + 1] - pointers[line];
    if (entries > MOST_REPEATED * width)
      throw new CellkernelError(
        "format",
        `${where}: line ${offset + line} has ${entries} entries in ${width} places; the file is damaged.`,
        { member: where },
      );
  }
}

/**
 * Reads and checks the pointers of a compressed matrix with `lines` rows (or, for CSC, columns).
 * @param range first line and the one after the last; all by default
 * @returns Float64 [lines of the range + 1]
 */
export function readPointers(
  file: Storage,
  path: string,
  lines: number,
  [start, end]: readonly [number, number] = [0, lines],
): Float64Array {
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
  const pointers = new Float64Array(end - start + 1);
  try {
    reader.read(start, end + 1, pointers);
  } finally {
    reader.release();
  }
  if (start === 0 && pointers[0] !== 0)
    throw new CellkernelError(
      "format",
      `${where}: indptr begins at ${pointers[0]}, not at 0; the file is damaged.`,
      { path: file.path, member: path },
    );
  const wrong = pointers.findIndex((pointer, i) => i > 0 && pointer < pointers[i - 1]);
  if (wrong >= 0)
    throw new CellkernelError(
      "format",
      `${where}: indptr decreases at element ${start + wrong}; the file is damaged.`,
      { path: file.path, member: path },
    );
  const last = pointers[end - start];
  if (end === lines ? last !== entries : last > entries) {
    throw new CellkernelError(
      "format",
      `${where}: indptr ends at ${last}, but there are ${entries} values; the file is damaged.`,
      { path: file.path, member: path },
    );
  }
  return pointers;
}

/** The row after the last that still fits in a block which begins at `start`. */
export function blockEnd(pointers: Float64Array, start: number, end: number): number {
  let stop = start + 1;
  while (stop < end && stop - start < MOST_ROWS && pointers[stop + 1] - pointers[start] <= BLOCK_ENTRIES)
    stop++;
  return stop;
}
