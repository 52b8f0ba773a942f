import type { CsrBlock, RowMatrix } from "../matrix.js";
import { rowRange } from "./rows.js";

/** Consecutive rows of a matrix, of which nothing else is read. */
export class RowRange implements RowMatrix {
  readonly shape: readonly [number, number];
  readonly format: RowMatrix["format"];
  readonly dtype: string;
  readonly entries?: number;

  /** @param first the matrix's row that is row 0 here */
  constructor(
    private readonly base: RowMatrix,
    private readonly first: number,
    rows: number,
  ) {
    this.shape = [rows, base.shape[1]];
    this.format = base.format;
    this.dtype = base.dtype;
    this.entries = base.entries;
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    const { first } = this;
    for (const block of this.base.blocks({ start: first + start, end: first + end, rows }))
      yield { ...block, start: block.start - first };
  }
}
