import type { CsrBlock, RowMatrix } from "../matrix.js";
import { blockEnd } from "./csr.js";
import { checkedBlock, rowRange } from "./rows.js";

/** A compressed matrix that is in memory, for formats that cannot be read by rows. */
export class MemoryMatrix implements RowMatrix {
  readonly format = "csr";
  readonly dtype: string;
  readonly entries: number;
  readonly shape: readonly [number, number];

  /**
   * @param where opens messages: "matrix.mtx.gz"
   * @param indptr Float64 [rows + 1]
   */
  constructor(
    private readonly where: string,
    columns: number,
    private readonly indptr: Float64Array,
    private readonly indices: Int32Array,
    private readonly data: Float32Array | Float64Array,
  ) {
    this.shape = [indptr.length - 1, columns];
    this.entries = data.length;
    this.dtype = data instanceof Float32Array ? "float32" : "float64";
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    const { indptr, indices, data } = this;
    for (let row = start; row < end; ) {
      const stop = rows === undefined ? blockEnd(indptr, row, end) : Math.min(end, row + rows);
      const block: CsrBlock = {
        start: row,
        rows: stop - row,
        columns: this.shape[1],
        indptr: Int32Array.from({ length: stop - row + 1 }, (_, i) => indptr[row + i] - indptr[row]),
        indices: indices.slice(indptr[row], indptr[stop]),
        data: data.slice(indptr[row], indptr[stop]),
      };
      yield checkedBlock(block, this.where);
      row = stop;
    }
  }
}
