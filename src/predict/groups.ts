import { cellLength } from "../tokenize/batches.js";
import type { TokenStore } from "../tokenize/tokens.js";

export interface GroupOptions {
  /** Cells a batch at most. */
  batchSize: number;
  maxSeqLen: number;
  /** Whether cells of unlike lengths may share a batch, the shorter ones padded. */
  padding: boolean;
  /** [cells of the store] batch of each cell, where the model uses it; then a group has one only. */
  batchLabels?: ArrayLike<number>;
}

/**
 * Tokens a batch at most where nothing is padded: the matrix products gain nothing from more,
 * and memory does not grow with `batchSize`.
 */
const TOKENS = 2048;

/**
 * Sorts cells by length, longest first (so that memory runs out at the beginning or not at all),
 * and cuts them into batches.
 * @returns places within `cells`, each in one batch
 */
export function groupCells(store: TokenStore, cells: ArrayLike<number>, options: GroupOptions): Int32Array[] {
  const { batchSize, maxSeqLen, padding, batchLabels } = options;
  const lengths = Int32Array.from(cells, (cell) => cellLength(store, cell, maxSeqLen));
  const label = (place: number) => batchLabels?.[cells[place]] ?? 0;
  const order = Int32Array.from(cells, (_, place) => place).sort(
    (a, b) => label(a) - label(b) || lengths[b] - lengths[a] || a - b,
  );
  const groups: Int32Array[] = [];
  let start = 0;
  for (let end = 1; end <= order.length; end++) {
    const [first, next] = [order[start], order[end]];
    const fits = padding
      ? end - start < batchSize
      : lengths[next] === lengths[first] &&
        end - start < Math.min(batchSize, Math.floor(TOKENS / lengths[first]));
    if (end < order.length && label(next) === label(first) && fits) continue;
    groups.push(order.slice(start, end));
    start = end;
  }
  return groups.sort((a, b) => lengths[b[0]] - lengths[a[0]]);
}
