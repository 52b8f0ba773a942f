import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import { mapBlocks } from "./lazy.js";

/** Natural logarithm of 1 + value, as `scanpy.pp.log1p`. The result is computed as it is read. */
export function log1p(matrix: RowMatrix): RowMatrix {
  return mapBlocks(matrix, log1pBlock);
}

/** `log1p` of some rows. */
export function log1pBlock(block: CsrBlock): CsrBlock {
  return { ...block, data: block.data.map(Math.log1p) };
}

/** The range of a matrix's values, gathered block by block. */
export class ValueRange {
  max = 0;
  smallestNonZero = Infinity;
  integers = true;

  add({ data }: CsrBlock): void {
    for (let p = 0; p < data.length; p++) {
      const value = data[p];
      if (value > this.max) this.max = value;
      if (value < this.smallestNonZero) this.smallestNonZero = value;
      if (this.integers && value !== Math.floor(value)) this.integers = false;
    }
  }

  /**
   * The protocol's rule for values that were logged before: none above 30, and a non-zero value below 1.
   * (None is negative: that was refused before.)
   */
  get logged(): boolean {
    return this.max <= 30 && this.smallestNonZero < 1;
  }
}
