/** Values that a density is worked out from at most: of more, as many evenly spread quantiles. */
const MOST = 20_000;

/**
 * Gaussian kernel density of values, with Scott's bandwidth n^(-1/5) times their standard deviation, as scipy's
 * `gaussian_kde` and seaborn's violins have it, from the least to the largest value.
 * @param sorted ascending, finite
 * @param points at which it is given, evenly spread
 * @returns [points] each: where, and the density there; a single point of density 1 where all values are the same
 */
export function density(sorted: Float64Array, points: number): { at: number[]; density: number[] } {
  const n = sorted.length;
  const [least, most] = [sorted[0], sorted[n - 1]];
  if (least === most) return { at: [least], density: [1] };
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const width = Math.sqrt(variance) * n ** (-1 / 5);
  const count = Math.min(n, MOST);
  const sample = Float64Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 0.5) * n) / count)]);
  const at = Array.from({ length: points }, (_, i) => least + ((most - least) * i) / (points - 1));
  const scale = 1 / (count * width * Math.sqrt(2 * Math.PI));
  return {
    at,
    density: at.map(
      (x) => scale * sample.reduce((sum, value) => sum + Math.exp(-0.5 * ((x - value) / width) ** 2), 0),
    ),
  };
}
