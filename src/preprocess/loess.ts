import { CellkernelError } from "../support/error.js";

/**
 * Locally weighted quadratic regression (Cleveland's `loess`, degree 2, gaussian family) of one predictor,
 * as the netlib code behind R's `loess` and scikit-misc computes it by default: fitted exactly at the
 * vertices of a k-d tree and blended between them by cubic Hermite polynomials.
 * Source: Cleveland and Grosse, Computational methods for local regression, Stat. Comput. 1 (1991).
 *
 * @param x [n] predictor, in any order
 * @param y [n] response
 * @param span share of the points in each local fit
 * @returns Float64 [n], the fitted values in the order of `x`
 * @throws where the lengths differ
 * @example
 * const x = Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
 * loess(x, x.map((one) => one ** 2), 0.8)[3]; // ≈ 9.000
 */
export function loess(x: Float64Array, y: Float64Array, span = 0.3): Float64Array {
  const n = x.length;
  if (y.length !== n)
    throw new CellkernelError(
      "option",
      `loess takes a response for each predictor: ${n} and ${y.length} came`,
    );
  const fitted = new Float64Array(n);
  if (n === 0) return fitted;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => x[a] - x[b] || a - b);
  const sortedX = Float64Array.from(order, (i) => x[i]);
  const sortedY = Float64Array.from(order, (i) => y[i]);
  const neighbours = Math.min(n, Math.max(3, Math.floor(n * span + 1e-5)));
  const vertices = kdVertices(sortedX, Math.floor(n * span * CELL));
  const fits = vertices.map((vertex) => localFit(sortedX, sortedY, vertex, neighbours));
  let k = 0;
  for (let i = 0; i < n; i++) {
    while (k < vertices.length - 2 && sortedX[i] > vertices[k + 1]) k++;
    fitted[order[i]] = hermite(sortedX[i], vertices[k], vertices[k + 1], fits[k], fits[k + 1]);
  }
  return fitted;
}

/** Largest share of a local fit's points that a cell of the tree may hold before it is cut. */
const CELL = 0.2;
/** The bounding box is wider than the data by this share at either end. */
const MARGIN = 0.005;

interface Fit {
  value: number;
  slope: number;
}

/** Bounds and cuts of the k-d tree, ascending. A cell of more than `cellSize` points is cut at its median. */
function kdVertices(x: Float64Array, cellSize: number): number[] {
  const low = x[0];
  const high = x[x.length - 1];
  const range = Math.max(high - low, 1e-10 * Math.max(Math.abs(low), Math.abs(high)) + 1e-30);
  const vertices = [low - MARGIN * range, high + MARGIN * range];
  const cut = (first: number, last: number, from: number, to: number): void => {
    if (last - first + 1 <= cellSize) return;
    const place = placeOfCut(x, first, last);
    if (place < 0 || x[place] === from || x[place] === to) return;
    vertices.push(x[place]);
    cut(first, place, from, x[place]);
    cut(place + 1, last, x[place], to);
  };
  cut(0, x.length - 1, vertices[0], vertices[1]);
  return vertices.sort((a, b) => a - b);
}

/** The place nearest to the median whose right neighbour is larger (alternating right, left); −1 if all are tied. */
function placeOfCut(x: Float64Array, first: number, last: number): number {
  const median = ((first + last + 2) >> 1) - 1;
  let offset = 0;
  for (;;) {
    const place = median + offset;
    if (place >= last || place < first) return -1;
    if (x[place] !== x[place + 1]) return place;
    offset = -offset;
    if (offset >= 0) offset++;
  }
}

/** Value and slope at `at` of the quadratic through the nearest points, tricube-weighted. */
function localFit(x: Float64Array, y: Float64Array, at: number, neighbours: number): Fit {
  const { first, end, bandwidth } = nearest(x, at, neighbours);
  let [s0, s1, s2, s3, s4, t0, t1, t2] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = first; i < end; i++) {
    const u = (x[i] - at) / bandwidth;
    const weight = tricube(Math.abs(u));
    const u2 = u * u;
    const wy = weight * y[i];
    s0 += weight;
    s1 += weight * u;
    s2 += weight * u2;
    s3 += weight * u2 * u;
    s4 += weight * u2 * u2;
    t0 += wy;
    t1 += wy * u;
    t2 += wy * u2;
  }
  // All points at one distance: netlib gives up there.
  if (s0 === 0) return { value: y.subarray(first, end).reduce((a, b) => a + b) / (end - first), slope: 0 };
  const a = s2 * s4 - s3 * s3;
  const b = s1 * s4 - s2 * s3;
  const c = s1 * s3 - s2 * s2;
  const determinant = s0 * a - s1 * b + s2 * c;
  if (Math.abs(determinant) >= 1e-14 * s0 ** 3)
    return {
      value: (t0 * a - t1 * b + t2 * c) / determinant,
      slope: (-t0 * b + t1 * (s0 * s4 - s2 * s2) - t2 * (s0 * s3 - s1 * s2)) / determinant / bandwidth,
    };
  // Too few distinct points for a parabola: a line, or their mean.
  const variance = s0 * s2 - s1 * s1;
  if (Math.abs(variance) < 1e-14) return { value: t0 / s0, slope: 0 };
  const slope = (s0 * t1 - s1 * t0) / variance;
  return { value: (t0 - slope * s1) / s0, slope: slope / bandwidth };
}

/** The run of points closer than the `count`-th nearest, that one's distance being the bandwidth. */
function nearest(x: Float64Array, at: number, count: number) {
  const n = x.length;
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < at) low = middle + 1;
    else high = middle;
  }
  let first = low;
  let end = low;
  while (end - first < count) {
    if (first === 0) end++;
    else if (end === n || at - x[first - 1] <= x[end] - at) first--;
    else end++;
  }
  const bandwidth = Math.max(at - x[first], x[end - 1] - at, Number.MIN_VALUE);
  while (first > 0 && at - x[first - 1] < bandwidth) first--;
  while (end < n && x[end] - at < bandwidth) end++;
  return { first, end, bandwidth };
}

/** (1 − d³)³, with netlib's shortcut near 0. */
function tricube(distance: number): number {
  if (distance >= 1) return 0;
  if (distance * distance < 1e-6) return 1;
  return (1 - distance ** 3) ** 3;
}

/** Cubic through two vertices with their values and slopes. */
function hermite(x: number, left: number, right: number, from: Fit, to: Fit): number {
  const width = right - left;
  const t = (x - left) / width;
  const s = 1 - t;
  return (
    s * s * (1 + 2 * t) * from.value +
    t * t * (1 + 2 * s) * to.value +
    width * (t * s * s * from.slope - t * t * s * to.slope)
  );
}
