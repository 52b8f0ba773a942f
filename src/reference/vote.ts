import type { Neighbours } from "./neighbours.js";

/** How neighbours decide on a label. */
export const VOTES = ["majority", "distance", "share"] as const;
export type Vote = (typeof VOTES)[number];

/** Share of all votes that a label loses before its votes are divided by its share of the reference. */
const TAKEN_OFF = 0.01;

/** What the neighbours say of some cells. */
export interface Votes {
  /** Int32 [cells]: the label with the most votes, of equals the first; −1 where no neighbour has a label. */
  codes: Int32Array;
  /** Float32 [cells]: its share of the votes, 0 … 1. */
  shares: Float32Array;
}

/**
 * The vote of each cell's neighbours:
 * - `majority`: one vote each, as scikit-learn's `KNeighborsClassifier`;
 * - `distance`: each counts by 1 / distance, as there with `weights="distance"`: where some are at distance 0, these alone;
 * - `share`: each label's votes, less 1 % of all, are divided by its share of the reference, so that rare types are not
 *   outvoted by frequent ones (the scGPT protocol's weighted vote).
 *
 * @param labels Int32 [vectors]: label of each
 * @param cells of each label in the reference
 */
export function vote(
  { k, rows, distances }: Neighbours,
  labels: Int32Array,
  cells: ArrayLike<number>,
  how: Vote,
): Votes {
  const count = rows.length / k;
  const votes = new Float64Array(cells.length);
  const total = Array.from(cells).reduce((sum, n) => sum + n, 0);
  const made: Votes = { codes: new Int32Array(count).fill(-1), shares: new Float32Array(count) };
  for (let query = 0; query < count; query++) {
    votes.fill(0);
    const [from, end] = [query * k, (query + 1) * k];
    const weight =
      how !== "distance"
        ? () => 1
        : distances[from] === 0
          ? (at: number) => (distances[at] === 0 ? 1 : 0)
          : (at: number) => 1 / distances[at];
    let voters = 0;
    for (let at = from; at < end; at++) {
      if (rows[at] < 0) continue;
      votes[labels[rows[at]]] += weight(at);
      voters++;
    }
    if (how === "share")
      for (let label = 0; label < votes.length; label++)
        votes[label] =
          cells[label] === 0 ? 0 : (Math.max(0, votes[label] - TAKEN_OFF * voters) * total) / cells[label];
    let [best, sum] = [0, 0];
    for (let label = 0; label < votes.length; label++) {
      sum += votes[label];
      if (votes[label] > votes[best]) best = label;
    }
    if (sum === 0) continue;
    made.codes[query] = best;
    made.shares[query] = votes[best] / sum;
  }
  return made;
}
