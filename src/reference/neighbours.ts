/** The nearest vectors of some queries, nearest first. */
export interface Neighbours {
  /** Neighbours of each query. */
  k: number;
  /** Int32 [queries × k]: which vectors; −1 where a search found no more. */
  rows: Int32Array;
  /** Float64 [queries × k]: Euclidean distance to each; infinite where there is none. */
  distances: Float64Array;
}

/** Puts a value among the nearest so far, which are in order, and drops the last of them. */
export function insert(
  distances: Float64Array,
  rows: Int32Array,
  from: number,
  k: number,
  distance: number,
  row: number,
): void {
  let place = from + k - 1;
  if (!(distance < distances[place])) return;
  for (; place > from && distance < distances[place - 1]; place--) {
    distances[place] = distances[place - 1];
    rows[place] = rows[place - 1];
  }
  distances[place] = distance;
  rows[place] = row;
}
