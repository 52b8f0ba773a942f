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

/** A store in shared memory whose tokens are to be filled in. */
export function emptyStore(
  { genes, geneIds }: Pick<TokenStore, "genes" | "geneIds">,
  cells: number,
  tokens: number,
): TokenStore {
  const gene =
    genes.length <= 2 ** 16
      ? new Uint16Array(new SharedArrayBuffer(2 * tokens))
      : new Uint32Array(new SharedArrayBuffer(4 * tokens));
  const indptr = new Float64Array(new SharedArrayBuffer(8 * (cells + 1)));
  return { cells, genes, geneIds, indptr, gene, bin: new Uint8Array(new SharedArrayBuffer(tokens)) };
}

/** The cells of several stores of the same genes, one after the other, in shared memory. */
export function joinStores(stores: readonly TokenStore[]): TokenStore {
  const sum = (length: (store: TokenStore) => number) => stores.reduce((all, one) => all + length(one), 0);
  const joined = emptyStore(
    stores[0],
    sum((one) => one.cells),
    sum((one) => one.gene.length),
  );
  let [cell, at] = [0, 0];
  for (const store of stores) {
    for (let i = 1; i <= store.cells; i++) joined.indptr[cell + i] = at + store.indptr[i];
    joined.gene.set(store.gene, at);
    joined.bin.set(store.bin, at);
    cell += store.cells;
    at += store.gene.length;
  }
  return joined;
}
