import type { CsrBlock } from "../anndata/matrix.js";
import { Random } from "../support/random.js";
import { CellBinner } from "./cellBinner.js";
import { cellKey, geneKeys } from "./cellKey.js";
import type { TokenStore } from "./tokens.js";

/** A matrix column whose gene counts toward a cell's total without becoming a token. */
export const TOTAL_ONLY = -1;
/** A matrix column that is left out altogether. */
export const LEFT_OUT = -2;

export interface TokenizerOptions {
  /** Names and vocabulary ids of the gene columns of the store. */
  genes: string[];
  geneIds: Int32Array;
  /** Int32 [columns of the matrix]: gene column of each, or `TOTAL_ONLY`, or `LEFT_OUT`. */
  target: Int32Array;
  /** Counts a cell after normalisation; absent for values that are logged already. */
  targetSum?: number;
  nBins: number;
  /** Unexpressed genes become tokens of bin 0. */
  includeZeroGene: boolean;
  seed: number;
  /** Most cells and tokens that will come. */
  cells: number;
  tokens: number;
}

/**
 * Turns blocks of a matrix into tokens: normalises, takes the logarithm and bins, cell by cell. The tokens of a
 * cell depend on the seed and on its own genes and values alone, not on its row, the cells beside it or the order of
 * the columns. The arrays are shared memory, so that a worker can have them.
 */
export class Tokenizer {
  private readonly binner: CellBinner;
  private readonly indptr: Float64Array;
  private readonly gene: Uint16Array | Uint32Array;
  private readonly bin: Uint8Array;
  private values: Float32Array | Float64Array = new Float32Array(0);
  private cell = 0;
  private at = 0;
  private readonly keys: Int32Array;
  /** Of the cells that were added. */
  private readonly cellKeys: Int32Array;
  /** Whether the columns stand in the order of the genes; else each cell's are put into it. */
  private readonly ascending: boolean;

  constructor(private readonly options: TokenizerOptions) {
    const { cells, tokens, genes, nBins, target } = options;
    this.binner = new CellBinner(nBins);
    this.keys = geneKeys(genes);
    this.cellKeys = new Int32Array(2 * cells);
    const columns = target.filter((column) => column >= 0);
    this.ascending = columns.every((column, i) => i === 0 || column > columns[i - 1]);
    this.indptr = new Float64Array(new SharedArrayBuffer(8 * (cells + 1)));
    this.gene =
      genes.length <= 2 ** 16
        ? new Uint16Array(new SharedArrayBuffer(2 * (tokens + 1)))
        : new Uint32Array(new SharedArrayBuffer(4 * (tokens + 1)));
    this.bin = new Uint8Array(new SharedArrayBuffer(tokens));
  }

  /** @param keep Uint8 [rows of the matrix]: 0 for cells to leave out; absent: all are kept */
  add(block: CsrBlock, keep?: Uint8Array): void {
    const single = block.data instanceof Float32Array;
    if (this.values.length <= block.columns || this.values instanceof Float32Array !== single)
      this.values = single ? new Float32Array(block.columns + 1) : new Float64Array(block.columns + 1);
    for (let row = 0; row < block.rows; row++)
      if (keep === undefined || keep[block.start + row] === 1) this.addCell(block, row);
  }

  private addCell({ indptr, indices, data }: CsrBlock, row: number): void {
    const { target, targetSum, seed, includeZeroGene } = this.options;
    const { gene, values, at } = this;
    let total = 0;
    let n = 0;
    for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
      const column = target[indices[p]];
      if (column === LEFT_OUT) continue;
      const value = data[p];
      total += value;
      // Few genes are chosen, in no order that a processor could foresee: every gene is written, and the place
      // only moves on after one that is wanted.
      gene[at + n] = column;
      values[n] = value;
      n += (column >>> 31) ^ 1;
    }
    if (!this.ascending) this.sort(n);
    const single = data instanceof Float32Array;
    let factor = 0;
    if (targetSum !== undefined)
      factor = single ? Math.fround(Math.fround(total) / targetSum) : total / targetSum;
    const key = this.cellKeys.subarray(2 * this.cell, 2 * this.cell + 2);
    const [a, b] = cellKey(this.keys, gene, values, { gene: at, value: 0 }, n, key);
    this.binner.bin(values, n, factor, new Random(seed, a, b), this.bin, at);
    this.at += includeZeroGene ? this.spread(n) : n;
    this.indptr[++this.cell] = this.at;
  }

  /** Puts a cell's `n` genes and values into the order of the genes. */
  private sort(n: number): void {
    const { gene, values, at } = this;
    const order = Int32Array.from({ length: n }, (_, i) => i).sort((i, j) => gene[at + i] - gene[at + j]);
    const [genes, own] = [gene.slice(at, at + n), values.slice(0, n)];
    order.forEach((from, i) => {
      gene[at + i] = genes[from];
      values[i] = own[from];
    });
  }

  /** Moves a cell's `n` tokens apart to make place for the genes that it does not express. */
  private spread(n: number): number {
    const { gene, bin, at } = this;
    const genes = this.options.genes.length;
    let from = n - 1;
    for (let column = genes - 1; column >= 0; column--) {
      const expressed = from >= 0 && gene[at + from] === column;
      bin[at + column] = expressed ? bin[at + from--] : 0;
      gene[at + column] = column;
    }
    return genes;
  }

  /** Int32 [cells × 2]: the key of each cell that was added, see `cellKey`. */
  get addedKeys(): Int32Array {
    return this.cellKeys.subarray(0, 2 * this.cell);
  }

  /** The tokens of all cells that were added. */
  store(): TokenStore {
    const { genes, geneIds } = this.options;
    return {
      cells: this.cell,
      genes,
      geneIds,
      indptr: this.indptr.subarray(0, this.cell + 1),
      gene: this.gene.subarray(0, this.at),
      bin: this.bin.subarray(0, this.at),
    };
  }
}
