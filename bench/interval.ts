/** 97.5 % points of Student's t for 1 to 30 degrees of freedom. Source: scipy.stats.t.ppf(0.975, df). */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** A mean and its 95 % confidence interval by Student's t, half of its width beside. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
  halfWidth: number;
}

/** Mean of 2 to 31 independent numbers with its 95 % interval; of differences, pairwise. */
export function meanInterval(values: readonly number[]): Interval {
  const n = values.length;
  if (n < 2 || n > T.length + 1) throw new Error(`an interval needs 2 to ${T.length + 1} values, not ${n}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const halfWidth = T[n - 2] * Math.sqrt(variance / n);
  const digits = (value: number) => Number(value.toFixed(4));
  return {
    mean: digits(mean),
    low: digits(mean - halfWidth),
    high: digits(mean + halfWidth),
    halfWidth: digits(halfWidth),
  };
}
