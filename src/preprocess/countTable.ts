import type { CsrBlock } from "../anndata/matrix.js";

/** Counts below this have a place of their own for each gene; larger ones are rare and go to a hash table. */
const SMALL = 16;
/** Most different (gene, large count) pairs that are kept. */
const MOST_PAIRS = 2 ** 23;
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
 * one reading of the file where two are usual.
 */
export class CountTable {
  /** False once a value was seen that is no integer. */
  integers = true;
  private readonly small: Uint32Array;
  private readonly cells: Float64Array;
  private readonly large: { count: Float64Array; sum: Float64Array; squares: Float64Array };
  private pairs = new Pairs();

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
      squares: new Float64Array(genes * batches),
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
        else this.addLarge(base + indices[p], value);
      }
    }
  }

  private addLarge(place: number, value: number): void {
    if (!Number.isInteger(value)) this.integers = false;
    this.large.count[place]++;
    this.large.sum[place] += value;
    this.large.squares[place] += value * value;
    this.pairs.add(place, value);
  }

  moments(batch = 0): Moments {
    const { genes, small, large } = this;
    const base = batch * genes;
    const expressed = large.count.slice(base, base + genes);
    const sum = large.sum.slice(base, base + genes);
    const squares = large.squares.slice(base, base + genes);
    for (let gene = 0; gene < genes && small.length > 0; gene++)
      for (let value = 1; value < SMALL; value++) {
        const times = small[(base + gene) * SMALL + value];
        expressed[gene] += times;
        sum[gene] += times * value;
        squares[gene] += times * value * value;
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
    const sum = new Float64Array(genes);
    const squares = new Float64Array(genes);
    for (let gene = 0; gene < genes; gene++)
      for (let value = 1; value < SMALL; value++) {
        const times = small[(base + gene) * SMALL + value];
        const clipped = Math.min(value, limit[gene]);
        sum[gene] += times * clipped;
        squares[gene] += times * clipped * clipped;
      }
    pairs.forEach((place, value, times) => {
      const gene = place - base;
      if (gene < 0 || gene >= genes) return;
      const clipped = Math.min(value, limit[gene]);
      sum[gene] += times * clipped;
      squares[gene] += times * clipped * clipped;
    });
    return { sum, squares };
  }
}

/** Float64 [genes] each. */
export interface ClippedSums {
  sum: Float64Array;
  squares: Float64Array;
}

/** Counts of (place, value) pairs: open addressing, linear probing, at most half full. */
class Pairs {
  /** True once too many were added; none are kept then. */
  full = false;
  private used = 0;
  private place = new Int32Array(2 ** 16).fill(-1);
  private value = new Float64Array(2 ** 16);
  private times = new Uint32Array(2 ** 16);

  add(place: number, value: number): void {
    if (this.full) return;
    this.insert(place, value, 1);
    if (this.used * 2 > this.place.length) this.grow();
  }

  forEach(visit: (place: number, value: number, times: number) => void): void {
    for (let slot = 0; slot < this.place.length; slot++)
      if (this.place[slot] >= 0) visit(this.place[slot], this.value[slot], this.times[slot]);
  }

  private insert(place: number, value: number, times: number): void {
    const mask = this.place.length - 1;
    let hash = Math.imul(place, 0x9e3779b1) ^ Math.imul(value | 0, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (this.place[slot] >= 0 && (this.place[slot] !== place || this.value[slot] !== value))
      slot = (slot + 1) & mask;
    if (this.place[slot] < 0) {
      this.place[slot] = place;
      this.value[slot] = value;
      this.used++;
    }
    this.times[slot] += times;
  }

  private grow(): void {
    const { place, value, times } = this;
    this.used = 0;
    this.full = place.length >= 2 * MOST_PAIRS;
    const room = this.full ? 0 : 2 * place.length;
    this.place = new Int32Array(room).fill(-1);
    this.value = new Float64Array(room);
    this.times = new Uint32Array(room);
    if (this.full) return;
    for (let slot = 0; slot < place.length; slot++)
      if (place[slot] >= 0) this.insert(place[slot], value[slot], times[slot]);
  }
}
