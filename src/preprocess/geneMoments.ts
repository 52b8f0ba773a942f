import type { CsrBlock } from "../anndata/matrix.js";
import type { Moments } from "./countTable.js";
import { ExactSums } from "./exactSums.js";
import type { StateArrays } from "./state.js";

/** Sums and sums of squares of each gene, per batch of cells, gathered block by block in any order. */
export class GeneMoments {
  private readonly cells: Float64Array;
  private readonly expressed: Float64Array;
  /** [batches × genes × 2] sum and sum of squares of each gene, side by side because they are always needed together. */
  private readonly sums: ExactSums;

  constructor(
    readonly genes: number,
    readonly batches = 1,
  ) {
    this.cells = new Float64Array(batches);
    this.expressed = new Float64Array(genes * batches);
    this.sums = new ExactSums(2 * genes * batches);
  }

  /** @param batchOf batch of each row of the matrix, −1 to leave it out; absent: all rows are batch 0 */
  add(block: CsrBlock, batchOf?: Int32Array): void {
    const { indptr, indices, data } = block;
    const { genes, expressed, sums } = this;
    for (let row = 0; row < block.rows; row++) {
      const batch = batchOf === undefined ? 0 : batchOf[block.start + row];
      if (batch < 0) continue;
      this.cells[batch]++;
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
        const value = data[p];
        const place = batch * genes + indices[p];
        expressed[place]++;
        sums.add(2 * place, value);
        sums.add(2 * place + 1, value * value);
      }
    }
  }

  moments(batch = 0): Moments {
    const { genes, sums } = this;
    const base = batch * genes;
    return {
      cells: this.cells[batch],
      expressed: this.expressed.slice(base, base + genes),
      sum: sums.totals(2 * base, genes, 2),
      squares: sums.totals(2 * base + 1, genes, 2),
    };
  }

  state(): StateArrays {
    return { cells: this.cells, expressed: this.expressed, ...this.sums.state("sums") };
  }

  /**
   * Adds what was gathered of other cells.
   * @param batches our batch of each of theirs
   */
  merge(state: StateArrays, batches: readonly number[]): void {
    const { genes } = this;
    const { cells, expressed } = state as Record<string, Float64Array>;
    batches.forEach((batch, theirs) => {
      this.cells[batch] += cells[theirs];
      for (let gene = 0; gene < genes; gene++)
        this.expressed[batch * genes + gene] += expressed[theirs * genes + gene];
      this.sums.mergeState(state, "sums", 2 * genes, 2 * theirs * genes, 2 * batch * genes);
    });
  }
}
