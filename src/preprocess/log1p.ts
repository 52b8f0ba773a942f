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

/** What the values of a matrix are like, gathered block by block. None is negative: that is refused as it is read. */
export class ValueRange {
  max = 0;
  smallestNonZero = Infinity;
  integers = true;

  add({ data }: CsrBlock): void {
    let { max, smallestNonZero, integers } = this;
    for (let p = 0; p < data.length; p++) {
      const value = data[p];
      if (value > max) max = value;
      if (value < smallestNonZero) smallestNonZero = value;
      if (integers && value !== Math.floor(value)) integers = false;
    }
    this.max = max;
    this.smallestNonZero = smallestNonZero;
    this.integers = integers;
  }

  /** The protocol's rule for values that were logged before: none above 30, and one above zero is below 1. */
  get logged(): boolean {
    return this.max <= 30 && this.smallestNonZero < 1;
  }
}
