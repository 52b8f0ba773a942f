import type { CsrBlock } from "../anndata/matrix.js";
import { WholeSums } from "./exactSums.js";

/** Float64 [genes] each. */
export interface ClippedSums {
  sum: Float64Array;
  squares: Float64Array;
}

/** Sums of counts clipped at a limit per gene and batch, where no `CountTable` could hold them. */
export class ClippedMoments {
  private readonly parts: ClippedGenes[];

  /** @param limits Float64 [genes] for each batch */
  constructor(limits: Float64Array[]) {
    this.parts = limits.map((limit) => new ClippedGenes(limit));
  }

  add(block: CsrBlock, batchOf?: Int32Array): void {
    const { indptr, indices, data } = block;
    for (let row = 0; row < block.rows; row++) {
      const batch = batchOf === undefined ? 0 : batchOf[block.start + row];
      if (batch < 0) continue;
      const part = this.parts[batch];
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) part.add(indices[p], data[p], 1);
    }
  }

  get sums(): ClippedSums[] {
    return this.parts.map((part) => part.sums());
  }
}

/**
 * Sums of clipped counts and of their squares. Only what stays as it is gets added; of what is clipped, the number: the limit
 * is no whole number, and its sums would depend on the order.
 */
export class ClippedGenes {
  private readonly kept: Float64Array;
  private readonly squares: WholeSums;
  private readonly clipped: Float64Array;

  /** @param limit Float64 [genes] */
  constructor(private readonly limit: Float64Array) {
    this.kept = new Float64Array(limit.length);
    this.squares = new WholeSums(limit.length);
    this.clipped = new Float64Array(limit.length);
  }

  /** @param times how often the gene has this count */
  add(gene: number, value: number, times: number): void {
    if (value > this.limit[gene]) this.clipped[gene] += times;
    else {
      this.kept[gene] += times * value;
      this.squares.add(gene, times * value * value);
    }
  }

  sums(): ClippedSums {
    const { limit, clipped } = this;
    return {
      sum: this.kept.map((sum, gene) => sum + clipped[gene] * limit[gene]),
      squares: this.squares.totals().map((sum, gene) => sum + clipped[gene] * limit[gene] ** 2),
    };
  }
}
