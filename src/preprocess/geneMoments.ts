import type { CsrBlock } from "../anndata/matrix.js";
import type { ClippedSums, Moments } from "./countTable.js";

/** Sums and sums of squares of each gene, per batch of cells, in float64, gathered block by block. */
export class GeneMoments {
  private readonly parts: Moments[];

  constructor(
    readonly genes: number,
    readonly batches = 1,
  ) {
    this.parts = Array.from({ length: batches }, () => ({
      cells: 0,
      expressed: new Float64Array(genes),
      sum: new Float64Array(genes),
      squares: new Float64Array(genes),
    }));
  }

  /**
   * @param batchOf batch of each row of the matrix, −1 to leave it out; absent: all rows are batch 0
   * @param transform applied to each value first
   */
  add(block: CsrBlock, batchOf?: Int32Array, transform?: (value: number) => number): void {
    const { indptr, indices, data } = block;
    for (let row = 0; row < block.rows; row++) {
      const batch = batchOf === undefined ? 0 : batchOf[block.start + row];
      if (batch < 0) continue;
      const part = this.parts[batch];
      part.cells++;
      const { expressed, sum, squares } = part;
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
        const value = transform === undefined ? data[p] : transform(data[p]);
        const gene = indices[p];
        expressed[gene]++;
        sum[gene] += value;
        squares[gene] += value * value;
      }
    }
  }

  moments(batch = 0): Moments {
    return this.parts[batch];
  }
}

/** Sums of values clipped at a limit per gene and batch, where no `CountTable` could hold them. */
export class ClippedMoments {
  readonly sums: ClippedSums[];

  /** @param limits Float64 [genes] for each batch */
  constructor(private readonly limits: Float64Array[]) {
    this.sums = limits.map(({ length }) => ({
      sum: new Float64Array(length),
      squares: new Float64Array(length),
    }));
  }

  add(block: CsrBlock, batchOf?: Int32Array): void {
    const { indptr, indices, data } = block;
    for (let row = 0; row < block.rows; row++) {
      const batch = batchOf === undefined ? 0 : batchOf[block.start + row];
      if (batch < 0) continue;
      const limit = this.limits[batch];
      const { sum, squares } = this.sums[batch];
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
        const gene = indices[p];
        const value = Math.min(data[p], limit[gene]);
        sum[gene] += value;
        squares[gene] += value * value;
      }
    }
  }
}
