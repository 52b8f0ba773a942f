/**
 * The tokens of many cells: for each cell its expressed genes and the bin of each one's value.
 * A ragged array in three flat ones, small enough to stay in memory and to be shared with a worker.
 */
export interface TokenStore {
  /** Number of cells. */
  cells: number;
  /** Names of the gene columns. */
  genes: string[];
  /** Int32 [genes]: vocabulary id of each gene column. */
  geneIds: Int32Array;
  /** Float64 [cells + 1]: where each cell's tokens begin (exact integers up to 2^53). */
  indptr: Float64Array;
  /** [tokens]: gene column of each token; 16 bit where the columns fit. */
  gene: Uint16Array | Uint32Array;
  /** Uint8 [tokens]: bin of each token's value, 0 … n_bins − 1. */
  bin: Uint8Array;
}
