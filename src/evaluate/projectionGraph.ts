/** Each cell's nearest others, as many for all. */
export interface CellNeighbours {
  k: number;
  /** Int32 [cells × k] */
  indices: Int32Array;
  /** Float64 [cells × k], from near to far. */
  distances: Float64Array;
}

/** How strongly cells hold together: a symmetric graph, each edge once from either end. */
export interface FuzzyGraph {
  /** Int32 [cells + 1]: a cell's edges are those from its pointer to the next. */
  pointers: Int32Array;
  /** Int32 [edges]: the other end. */
  ends: Int32Array;
  /** Float32 [edges]: 0 … 1 */
  weights: Float32Array;
}

/** Halvings by which a cell's bandwidth is found, and the precision at which they end. */
const HALVINGS = 64;
const PRECISE = 1e-5;
/** A bandwidth is at least this share of the mean distance. */
const LEAST = 1e-3;

/**
 * UMAP's fuzzy graph (McInnes et al. 2018, algorithms 2 and 3): a cell's neighbours weigh e^−(d − nearest) / bandwidth, the bandwidth
 * such that they sum to log2(k + 1); an edge weighs what either end says of it, w + v − w v.
 */
export function fuzzyGraph({ k, indices, distances }: CellNeighbours): FuzzyGraph {
  const cells = indices.length / k;
  const own = new Float64Array(indices.length);
  const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length;
  for (let cell = 0; cell < cells; cell++) weigh(distances, cell * k, k, mean, own);

  // Edges into each cell.
  const into = new Int32Array(cells + 1);
  for (const end of indices) into[end + 1]++;
  for (let cell = 0; cell < cells; cell++) into[cell + 1] += into[cell];
  const from = new Int32Array(indices.length);
  const back = new Float64Array(indices.length);
  const filled = into.slice(0, cells);
  for (let at = 0; at < indices.length; at++) {
    const place = filled[indices[at]]++;
    from[place] = Math.floor(at / k);
    back[place] = own[at];
  }
  const pointers = new Int32Array(cells + 1);
  const ends = new Int32Array(2 * indices.length);
  const weights = new Float32Array(2 * indices.length);
  const placeOf = new Int32Array(cells).fill(-1);
  let edges = 0;
  for (let cell = 0; cell < cells; cell++) {
    const start = edges;
    for (let at = cell * k; at < (cell + 1) * k; at++) {
      placeOf[indices[at]] = edges;
      ends[edges] = indices[at];
      weights[edges++] = own[at];
    }
    for (let at = into[cell]; at < into[cell + 1]; at++) {
      const place = placeOf[from[at]];
      if (place >= start) weights[place] = weights[place] + back[at] - weights[place] * back[at];
      else {
        ends[edges] = from[at];
        weights[edges++] = back[at];
      }
    }
    pointers[cell + 1] = edges;
  }
  return { pointers, ends: ends.subarray(0, edges), weights: weights.subarray(0, edges) };
}

/** Weights of a cell's neighbours. */
function weigh(distances: Float64Array, from: number, k: number, mean: number, into: Float64Array): void {
  const end = from + k;
  let nearest = 0;
  let sum = 0;
  for (let at = from; at < end; at++) {
    if (nearest === 0) nearest = distances[at];
    sum += distances[at];
  }
  const target = Math.log2(k + 1);
  let [low, bandwidth, high] = [0, 1, Number.POSITIVE_INFINITY];
  for (let halving = 0; halving < HALVINGS; halving++) {
    let total = 0;
    for (let at = from; at < end; at++) {
      const beyond = distances[at] - nearest;
      total += beyond > 0 ? Math.exp(-beyond / bandwidth) : 1;
    }
    if (Math.abs(total - target) < PRECISE) break;
    if (total > target) high = bandwidth;
    else low = bandwidth;
    bandwidth = high === Number.POSITIVE_INFINITY ? 2 * bandwidth : (low + high) / 2;
  }
  bandwidth = Math.max(bandwidth, LEAST * (nearest > 0 ? sum / k : mean));
  for (let at = from; at < end; at++) {
    const beyond = distances[at] - nearest;
    into[at] = beyond <= 0 || bandwidth === 0 ? 1 : Math.exp(-beyond / bandwidth);
  }
}
