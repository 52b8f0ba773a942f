import { CellkernelError } from "../support/error.js";
import type { Random } from "../support/random.js";

/** Bins of the published model: 0 for an unexpressed gene, 1 … 50 for quantiles of the cell's values. */
export const DEFAULT_BINS = 51;

/** What the binning rule makes of the values of one cell. */
export interface Digits {
  /** [distinct] the non-zero values, ascending, without repeats. */
  distinct: Float32Array | Float64Array;
  /** Float64 [nBins − 1]: quantiles of the non-zero values. */
  edges: Float64Array;
  /** Int32 [distinct]: edges ≤ the value, `numpy.digitize(x, edges)`. */
  left: Int32Array;
  /** Int32 [distinct]: edges < the value, `numpy.digitize(x, edges, right=True)`. */
  right: Int32Array;
}

/** Finds the quantile edges of one cell after another without allocating for each. */
export class Binner {
  /** Edges of the last cell. */
  readonly edges: Float64Array;
  private readonly quantiles: Float64Array;

  constructor(readonly nBins = DEFAULT_BINS) {
    if (!Number.isInteger(nBins) || nBins < 3 || nBins > 256)
      throw new CellkernelError(
        "option",
        `nBins is ${nBins}; it must be an integer from 3 to 256 (the published models have 51).`,
        { option: "nBins" },
      );
    // numpy.linspace(0, 1, nBins − 1), rounding included.
    this.quantiles = Float64Array.from({ length: nBins - 1 }, (_, i) => i * (1 / (nBins - 2)));
    this.quantiles[nBins - 2] = 1;
    this.edges = new Float64Array(nBins - 1);
  }

  /**
   * The digits of a cell's distinct values. Equal to `numpy.quantile` and `numpy.digitize` to the last bit:
   * differences of float32 values are rounded to float32, as numpy does.
   *
   * @param distinct the cell's non-zero values, ascending, in the first `n` places
   * @param last for each, how many of the cell's non-zero values are at most as large
   * @param left filled with the number of edges ≤ each value
   * @param right filled with the number of edges < each value
   */
  digits(
    distinct: Float32Array | Float64Array,
    last: Int32Array,
    n: number,
    left: Int32Array,
    right: Int32Array,
  ): void {
    const { edges, quantiles } = this;
    const count = last[n - 1];
    const single = distinct instanceof Float32Array;
    let slot = 0;
    for (let i = 0; i < edges.length; i++) {
      const position = (count - 1) * quantiles[i];
      const before = Math.floor(position);
      while (last[slot] <= before) slot++;
      const a = distinct[slot];
      if (position >= count - 1 || last[slot] > before + 1) {
        edges[i] = a;
        continue;
      }
      const b = distinct[slot + 1];
      const t = position - before;
      const step = single ? Math.fround(b - a) : b - a;
      edges[i] = t < 0.5 ? a + step * t : b - step * (1 - t);
    }
    let below = 0;
    let upTo = 0;
    for (let k = 0; k < n; k++) {
      const value = distinct[k];
      while (below < edges.length && edges[below] < value) below++;
      while (upTo < edges.length && edges[upTo] <= value) upTo++;
      right[k] = below;
      left[k] = upTo;
    }
  }
}

/**
 * The bin of a value whose digits are known. A value that covers several edges (ties) is spread evenly over
 * their bins: ceil(u·(right − left) + left) with u uniform, as the published code does.
 */
export function digit(left: number, right: number, random: Pick<Random, "uniform">): number {
  return left - right > 1 ? Math.ceil(random.uniform() * (right - left) + left) : left;
}

/** The quantile edges and digits of one cell's values, zeros left out; ties are not yet spread. */
export function digitize(values: Float32Array | Float64Array, nBins = DEFAULT_BINS): Digits {
  const distinct = values.filter((value) => value !== 0).sort();
  const last = new Int32Array(distinct.length);
  let n = 0;
  distinct.forEach((value, i) => {
    if (n === 0 || value !== distinct[n - 1]) distinct[n++] = value;
    last[n - 1] = i + 1;
  });
  const binner = new Binner(nBins);
  const left = new Int32Array(n);
  const right = new Int32Array(n);
  if (n > 0) binner.digits(distinct, last, n, left, right);
  return { distinct: distinct.subarray(0, n), edges: binner.edges, left, right };
}

/**
 * Bins the values of one cell: 0 stays 0, the others get 1 … nBins − 1 by quantile of the cell's non-zero
 * values, ties spread evenly at random. A cell of zeros stays zeros. As the published `binning` (scGPT's preprocessor).
 *
 * @param values [genes] normalised, logged values, none negative
 * @param random by which ties are spread
 * @param nBins number of bins, that of zeros among them; 51 by default
 * @returns Uint8 [genes]
 * @example
 * binValues(Float32Array.of(0, 0.5, 1, 2), new Random(0), 4); // → [0, 1, 2, 3]
 */
export function binValues(
  values: Float32Array | Float64Array,
  random: Random,
  nBins = DEFAULT_BINS,
): Uint8Array {
  const { distinct, left, right } = digitize(values, nBins);
  const bins = new Uint8Array(values.length);
  values.forEach((value, i) => {
    if (value === 0) return;
    const k = indexOf(distinct, distinct.length, value);
    bins[i] = digit(left[k], right[k], random);
  });
  return bins;
}

/** Place of a value in the first `n` elements of an ascending array that holds it. */
export function indexOf(ascending: Float32Array | Float64Array, n: number, value: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
