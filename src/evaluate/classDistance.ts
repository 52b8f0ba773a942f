import { shrunkCovariance } from "./shrunkCovariance.js";

/** Where the cells of each class lie, in coordinates in which they scatter alike in every direction. */
export interface ClassPlaces {
  /** Float32 [columns × columns], lower triangular: takes embeddings to those coordinates. */
  whitening: Float32Array;
  /** Float32 [classes that have cells × columns]: mean of each, in those coordinates. */
  means: Float32Array;
}

/**
 * The classes of some cells as normal distributions with a common covariance, which is shrunk (`shrunkCovariance`).
 * Method: Lee et al. 2018 (arXiv 1807.03888).
 *
 * @param embeddings Float32 [cells × columns]
 * @param labels [cells] class of each
 * @returns undefined where the cells don't differ, or a value is not finite: there are then no distances
 */
export function classPlaces(
  embeddings: Float32Array,
  columns: number,
  labels: ArrayLike<number>,
): ClassPlaces | undefined {
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const place = new Map(classes.map((code, i) => [code, i]));
  const means = new Float64Array(classes.length * columns);
  const counts = new Float64Array(classes.length);
  const of = Array.from(labels, (code) => place.get(code)!);
  of.forEach((to, cell) => {
    counts[to]++;
    for (let j = 0; j < columns; j++) means[to * columns + j] += embeddings[cell * columns + j];
  });
  for (let at = 0; at < means.length; at++) means[at] /= counts[Math.floor(at / columns)];
  const centred = Float64Array.from(embeddings);
  of.forEach((to, cell) => {
    for (let j = 0; j < columns; j++) centred[cell * columns + j] -= means[to * columns + j];
  });
  const factor = invertedFactor(shrunkCovariance(centred, columns).covariance, columns);
  if (!factor) return undefined;
  const whitening = Float32Array.from(factor);
  const white = new Float32Array(means.length);
  classes.forEach((_, i) => {
    white.set(whitened(means.subarray(i * columns, (i + 1) * columns), whitening), i * columns);
  });
  return { whitening, means: white };
}

/**
 * Mahalanobis distance of each cell to the nearest class. It depends on the cell alone, whatever others are given.
 * @param embeddings Float32 [cells × columns]
 * @returns Float32 [cells]
 */
export function classDistances(
  embeddings: Float32Array,
  columns: number,
  { whitening, means }: ClassPlaces,
): Float32Array {
  return Float32Array.from({ length: embeddings.length / columns }, (_, cell) => {
    const own = whitened(embeddings.subarray(cell * columns, (cell + 1) * columns), whitening);
    let nearest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < means.length; at += columns) {
      let squared = 0;
      for (let j = 0; j < columns; j++) squared += (own[j] - means[at + j]) ** 2;
      nearest = Math.min(nearest, squared);
    }
    return Math.sqrt(nearest);
  });
}

function whitened(row: Float32Array | Float64Array, whitening: Float32Array): Float64Array {
  const { length } = row;
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) out[i] += whitening[i * length + j] * row[j];
  return out;
}

/** The inverse of the lower triangular factor of a symmetric matrix (Cholesky); undefined where it is not positive definite. */
function invertedFactor(matrix: Float64Array, size: number): Float64Array | undefined {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j];
      for (let k = 0; k < j; k++) rest -= lower[i * size + k] * lower[j * size + k];
      if (i !== j) lower[i * size + j] = rest / lower[j * size + j];
      else if (!(rest > 0)) return undefined;
      else lower[i * size + i] = Math.sqrt(rest);
    }
  const inverse = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / lower[j * size + j];
    for (let i = j + 1; i < size; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum += lower[i * size + k] * inverse[k * size + j];
      inverse[i * size + j] = -sum / lower[i * size + i];
    }
  }
  return inverse;
}
