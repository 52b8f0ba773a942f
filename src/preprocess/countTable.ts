import type { CsrBlock } from "../anndata/matrix.js";
import { ClippedGenes, type ClippedSums } from "./clipped.js";
import { CountPairs } from "./countPairs.js";
import { WholeSums } from "./exactSums.js";
import type { StateArrays } from "./state.js";

/** Counts below this have a place of their own for each gene; larger ones are rare and go to a hash table. */
const SMALL = 16;
/** Largest table of small counts, in elements. */
const MOST_SMALL = 2 ** 26;

/** Per gene: Float64 [genes] each, over the cells of one batch. */
export interface Moments {
  cells: number;
  /** Cells that express the gene. */
  expressed: Float64Array;
  sum: Float64Array;
  /** Sum of squares. */
  squares: Float64Array;
}

/**
 * How often each gene has each count, per batch of cells, gathered in one pass. From it follow means and
 * variances and, later, the sums of counts clipped at a limit that depends on them: so `seurat_v3` needs
 * one reading of the file where two are usual. What it holds of counts does not depend on the order of the cells.
 */
export class CountTable {
  private readonly small: Uint32Array;
  private readonly cells: Float64Array;
  private readonly large: { count: Float64Array; sum: Float64Array; squares: WholeSums };
  private readonly pairs = new CountPairs();

  constructor(
    readonly genes: number,
    readonly batches = 1,
  ) {
    const places = genes * batches * SMALL;
    this.small = new Uint32Array(places <= MOST_SMALL ? places : 0);
    this.cells = new Float64Array(batches);
    this.large = {
      count: new Float64Array(genes * batches),
      sum: new Float64Array(genes * batches),
      squares: new WholeSums(genes * batches),
    };
  }

  /** @param batchOf batch of each row of the matrix, −1 to leave it out; absent: all rows are batch 0 */
  add(block: CsrBlock, batchOf?: Int32Array): void {
    const { indptr, indices, data } = block;
    const { small, genes } = this;
    const tabulated = small.length > 0;
    for (let row = 0; row < block.rows; row++) {
      const batch = batchOf === undefined ? 0 : batchOf[block.start + row];
      if (batch < 0) continue;
      this.cells[batch]++;
      const base = batch * genes;
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
        const value = data[p];
        if (tabulated && value < SMALL && value === (value | 0)) small[(base + indices[p]) * SMALL + value]++;
        else this.addLarge(base + indices[p], value, 1);
      }
    }
  }

  private addLarge(place: number, value: number, times: number): void {
    this.large.count[place] += times;
    this.large.sum[place] += times * value;
    this.large.squares.add(place, times * value * value);
    this.pairs.add(place, value, times);
  }

  moments(batch = 0): Moments {
    const { genes, small, large } = this;
    const base = batch * genes;
    const expressed = large.count.slice(base, base + genes);
    const sum = large.sum.slice(base, base + genes);
    const squares = large.squares.totals(base, genes);
    for (let gene = 0; gene < genes && small.length > 0; gene++) {
      // Small squares among themselves first: together with large ones they may pass what a number holds exactly.
      let own = 0;
      for (let value = 1; value < SMALL; value++) {
        const times = small[(base + gene) * SMALL + value];
        expressed[gene] += times;
        sum[gene] += times * value;
        own += times * value * value;
      }
      squares[gene] += own;
    }
    return { cells: this.cells[batch], expressed, sum, squares };
  }

  /**
   * Sums of min(count, limit) and of its square.
   *
   * @param limit Float64 [genes]
   * @returns undefined where there were too many different counts to keep: read the matrix again instead
   */
  clipped(batch: number, limit: Float64Array): ClippedSums | undefined {
    const { genes, small, pairs } = this;
    if (pairs.full || small.length === 0) return undefined;
    const base = batch * genes;
    const clipped = new ClippedGenes(limit);
    for (let gene = 0; gene < genes; gene++)
      for (let value = 1; value < SMALL; value++) {
        const times = small[(base + gene) * SMALL + value];
        if (times > 0) clipped.add(gene, value, times);
      }
    pairs.forEach((place, value, times) => {
      const gene = place - base;
      if (gene >= 0 && gene < genes) clipped.add(gene, value, times);
    });
    return clipped.sums();
  }

  /** Without the places that hold nothing: most genes have few different counts. */
  state(): StateArrays {
    const { count, sum, squares } = this.large;
    const small = usedPlaces(this.small);
    const large = usedPlaces(count);
    return {
      ...{ cells: this.cells, small, smallTimes: Uint32Array.from(small, (place) => this.small[place]) },
      ...{ large, count: Float64Array.from(large, (place) => count[place]) },
      sum: Float64Array.from(large, (place) => sum[place]),
      squares: squares.take(large),
      ...this.pairs.state(),
    };
  }

  /**
   * Adds what was gathered of other cells.
   * @param batches our batch of each of theirs
   */
  merge(state: StateArrays, batches: readonly number[]): void {
    const { genes } = this;
    const own = (place: number) => batches[Math.floor(place / genes)] * genes + (place % genes);
    state.cells.forEach((cells, theirs) => {
      this.cells[batches[theirs]] += cells;
    });
    const { large, count, sum, squares } = state as Record<string, Float64Array>;
    large.forEach((theirs, i) => {
      const place = own(theirs);
      this.large.count[place] += count[i];
      this.large.sum[place] += sum[i];
      this.large.squares.merge(squares, 1, i, place);
    });
    const tabulated = this.small.length > 0;
    state.small.forEach((theirs, i) => {
      const [place, value] = [own(Math.floor(theirs / SMALL)), theirs % SMALL];
      if (tabulated) this.small[place * SMALL + value] += state.smallTimes[i];
      else this.addLarge(place, value, state.smallTimes[i]);
    });
    this.pairs.merge(state, own);
  }
}

/** Where values are not 0. */
function usedPlaces(values: Uint32Array | Float64Array): Uint32Array {
  let used = 0;
  for (let place = 0; place < values.length; place++) if (values[place] !== 0) used++;
  const places = new Uint32Array(used);
  for (let place = 0, at = 0; at < used; place++) if (values[place] !== 0) places[at++] = place;
  return places;
}
