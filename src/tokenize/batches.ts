import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { cellKey, geneKeys } from "./cellKey.js";
import type { TokenStore } from "./tokens.js";

/** Row of `<pad>` in the embedding table cut to the data. */
export const PAD_ROW = 0;
/** Row of `<cls>`. */
export const CLS_ROW = 1;
/** Row of the store's gene column 0. */
export const FIRST_GENE_ROW = 2;

/**
 * Some cells as the model takes them. Genes are rows of the embedding table cut to the data:
 * row 0 is `<pad>`, row 1 is `<cls>`, row 2 + j is gene column j of the token store.
 */
export interface Batch {
  /** Int32 [B]: which cells of the store. */
  cells: Int32Array;
  /** N, tokens a cell, `<cls>` and padding included. */
  length: number;
  /** Int32 [B × N]: row of the cut embedding table. */
  genes: Int32Array;
  /** Float32 [B × N]: binned value; `<cls>` has 0, `<pad>` the model's pad_value. */
  values: Float32Array;
}

/** How cells become a batch. */
export interface BatchOptions {
  /** Longest cell in tokens, `<cls>` included; of longer ones, genes are drawn at random. */
  maxSeqLen: number;
  /** Value of padding, `pad_value` of the model. */
  padValue: number;
  /** Value of `<cls>`: 0, or pad_value for zero-shot embedding. Default 0. */
  clsValue?: number;
  /** Seed of the drawing of genes, which goes by seed, epoch and the cell's own tokens, not by its row or batch. */
  seed: number;
  /** Default 0. */
  epoch?: number;
}

/** Tokens of a cell in a batch: its genes and `<cls>`, at most `maxSeqLen`. */
export function cellLength(store: TokenStore, cell: number, maxSeqLen: number): number {
  return Math.min(store.indptr[cell + 1] - store.indptr[cell] + 1, maxSeqLen);
}

/** Puts cells of a store side by side, padded to the longest of them. */
export function assembleBatch(store: TokenStore, cells: ArrayLike<number>, options: BatchOptions): Batch {
  const { maxSeqLen, padValue, clsValue = 0, seed, epoch = 0 } = options;
  if (!Number.isInteger(maxSeqLen) || maxSeqLen < 2)
    throw new CellkernelError(
      "option",
      `maxSeqLen is ${maxSeqLen}; it must be an integer of at least 2: <cls> and one gene.`,
      { option: "maxSeqLen" },
    );
  let length = 0;
  for (let b = 0; b < cells.length; b++) length = Math.max(length, cellLength(store, cells[b], maxSeqLen));
  const genes = new Int32Array(cells.length * length).fill(PAD_ROW);
  const values = new Float32Array(cells.length * length).fill(padValue);
  for (let b = 0; b < cells.length; b++) {
    const cell = cells[b];
    const end = store.indptr[cell + 1];
    let at = b * length;
    genes[at] = CLS_ROW;
    values[at++] = clsValue;
    let wanted = cellLength(store, cell, maxSeqLen) - 1;
    const random = end - store.indptr[cell] > wanted ? randomOf(store, cell, seed, epoch) : undefined;
    // Selection sampling: each subset of `wanted` genes is equally likely, and their order is kept.
    for (let token = store.indptr[cell]; token < end && wanted > 0; token++) {
      if (random !== undefined && random.uniform() * (end - token) >= wanted) continue;
      genes[at] = FIRST_GENE_ROW + store.gene[token];
      values[at++] = store.bin[token];
      wanted--;
    }
  }
  return { cells: Int32Array.from(cells), length, genes, values };
}

/**
 * Random numbers of a cell in an epoch, by its own tokens.
 * @param stream none: those by which its genes are drawn
 */
export function randomOf(
  { genes, gene, bin, indptr }: TokenStore,
  cell: number,
  seed: number,
  epoch: number,
  ...stream: number[]
): Random {
  const at = indptr[cell];
  const [a, b] = cellKey(geneKeys(genes), gene, bin, { gene: at, value: at }, indptr[cell + 1] - at);
  return new Random(seed, epoch, a, b, ...stream);
}

/** Batches whose cells are sorted together, to be of like length. */
const WINDOW_BATCHES = 50;

/**
 * An epoch's batches of like-long cells: the cells are shuffled, sorted by length within windows of
 * 50 batches, cut, and the batches shuffled. Each cell is in one batch; the last batch of the last window
 * may be smaller. The same seed and epoch give the same batches.
 */
export function bucketBatches(
  store: TokenStore,
  cells: ArrayLike<number>,
  options: { batchSize: number; maxSeqLen: number; seed: number; epoch: number },
): Int32Array[] {
  const { batchSize, maxSeqLen, seed, epoch } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new CellkernelError("option", `batchSize is ${batchSize}; it must be a positive integer.`, {
      option: "batchSize",
    });
  const random = new Random(seed, epoch);
  const order = random.shuffle(Int32Array.from(cells));
  const batches: Int32Array[] = [];
  for (let start = 0; start < order.length; start += WINDOW_BATCHES * batchSize) {
    const window = order.subarray(start, start + WINDOW_BATCHES * batchSize);
    window.sort((a, b) => cellLength(store, a, maxSeqLen) - cellLength(store, b, maxSeqLen));
    for (let i = 0; i < window.length; i += batchSize) batches.push(window.slice(i, i + batchSize));
  }
  return random.shuffle(batches);
}
