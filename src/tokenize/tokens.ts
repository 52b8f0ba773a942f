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
  /** [tokens] gene column of each token; 16 bit where the columns fit. */
  gene: Uint16Array | Uint32Array;
  /** Uint8 [tokens]: bin of each token's value, 0 … n_bins − 1. */
  bin: Uint8Array;
}

/** Tokens of the longest cell, without `<cls>`. */
export function longestCell({ indptr, cells }: TokenStore): number {
  let most = 0;
  for (let cell = 0; cell < cells; cell++) most = Math.max(most, indptr[cell + 1] - indptr[cell]);
  return most;
}

/** The cells of several stores of the same genes, one after the other, in shared memory. */
export function joinStores(stores: readonly TokenStore[]): TokenStore {
  const [{ genes, geneIds, gene: like }] = stores;
  const sum = (length: (store: TokenStore) => number) => stores.reduce((all, one) => all + length(one), 0);
  const cells = sum((one) => one.cells);
  const tokens = sum((one) => one.gene.length);
  const indptr = new Float64Array(new SharedArrayBuffer(8 * (cells + 1)));
  const gene =
    like instanceof Uint16Array
      ? new Uint16Array(new SharedArrayBuffer(2 * tokens))
      : new Uint32Array(new SharedArrayBuffer(4 * tokens));
  const bin = new Uint8Array(new SharedArrayBuffer(tokens));
  let [cell, at] = [0, 0];
  for (const store of stores) {
    for (let i = 1; i <= store.cells; i++) indptr[cell + i] = at + store.indptr[i];
    gene.set(store.gene, at);
    bin.set(store.bin, at);
    cell += store.cells;
    at += store.gene.length;
  }
  return { cells, genes, geneIds, indptr, gene, bin };
}
