import type { CsrBlock, RowMatrix } from "../matrix.js";
import { checkedBlock, rowRange } from "./rows.js";

/** Rows apart by more than this are read in separate passes, so that those between are not read. */
const GAP = 4096;

/** Some rows of a matrix, in its order; the others are skipped while reading. */
export class RowSubset implements RowMatrix {
  readonly shape: readonly [number, number];
  readonly format: RowMatrix["format"];
  readonly dtype: string;
  readonly entries?: number;

  /** `rows` ascend. */
  constructor(
    private readonly base: RowMatrix,
    private readonly rows: Int32Array,
  ) {
    this.shape = [rows.length, base.shape[1]];
    this.format = base.format;
    this.dtype = base.dtype;
    this.entries = base.entries;
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    let next = start;
    for (const [first, last] of this.stretches(start, end)) {
      for (const block of this.base.blocks({ start: first, end: last, rows })) {
        const from = next;
        while (next < end && this.rows[next] < block.start + block.rows) next++;
        if (next > from) yield this.pick(block, from, next);
      }
    }
  }

  /** Ranges of the base's rows that contain the wanted ones. A matrix by columns is always passed whole. */
  private *stretches(start: number, end: number): Iterable<[number, number]> {
    const gap = this.format === "csc" ? Number.POSITIVE_INFINITY : GAP;
    for (let i = start; i < end; ) {
      let j = i + 1;
      while (j < end && this.rows[j] - this.rows[j - 1] <= gap) j++;
      yield [this.rows[i], this.rows[j - 1] + 1];
      i = j;
    }
  }

  private pick(block: CsrBlock, from: number, to: number): CsrBlock {
    if (to - from === block.rows) return { ...block, start: from };
    const indptr = new Int32Array(to - from + 1);
    for (let i = from; i < to; i++) {
      const row = this.rows[i] - block.start;
      indptr[i - from + 1] = indptr[i - from] + block.indptr[row + 1] - block.indptr[row];
    }
    const indices = new Int32Array(indptr[to - from]);
    const data = block.data.slice(0, indices.length);
    for (let i = from; i < to; i++) {
      const row = this.rows[i] - block.start;
      indices.set(block.indices.subarray(block.indptr[row], block.indptr[row + 1]), indptr[i - from]);
      data.set(block.data.subarray(block.indptr[row], block.indptr[row + 1]), indptr[i - from]);
    }
    return { start: from, rows: to - from, columns: block.columns, indptr, indices, data };
  }
}

/** A matrix whose columns are chosen, or set among others, by a map. */
export class MappedColumns implements RowMatrix {
  readonly shape: readonly [number, number];
  readonly format: RowMatrix["format"];
  readonly dtype: string;
  readonly entries?: number;

  /** `map` gives each of the base's columns its new position, −1 to leave it out. */
  constructor(
    private readonly base: RowMatrix,
    private readonly map: Int32Array,
    columns: number,
  ) {
    this.shape = [base.shape[0], columns];
    this.format = base.format;
    this.dtype = base.dtype;
    this.entries = base.entries;
  }

  *blocks(options?: { start?: number; end?: number; rows?: number }): Iterable<CsrBlock> {
    for (const block of this.base.blocks(options)) yield this.mapped(block);
  }

  private mapped(block: CsrBlock): CsrBlock {
    const { map } = this;
    const indptr = new Int32Array(block.rows + 1);
    const indices = new Int32Array(block.indices.length);
    const data = block.data.slice();
    let kept = 0;
    for (let row = 0; row < block.rows; row++) {
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++) {
        const column = map[block.indices[k]];
        if (column < 0) continue;
        indices[kept] = column;
        data[kept++] = block.data[k];
      }
      indptr[row + 1] = kept;
    }
    const mapped: CsrBlock = {
      start: block.start,
      rows: block.rows,
      columns: this.shape[1],
      indptr,
      indices: indices.slice(0, kept),
      data: data.slice(0, kept),
    };
    return checkedBlock(mapped, "a choice of genes");
  }
}
