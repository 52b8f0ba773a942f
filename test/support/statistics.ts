/** Pearson correlation of two arrays, times √n: for independent ones about standard normal. */
export function correlationScore(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    sa += a[i];
    sb += b[i];
    saa += a[i] * a[i];
    sbb += b[i] * b[i];
    sab += a[i] * b[i];
  }
  const covariance = sab - (sa * sb) / n;
  return (covariance / Math.sqrt((saa - (sa * sa) / n) * (sbb - (sb * sb) / n))) * Math.sqrt(n);
}

/** How many standard deviations the share of ones is from `p`, for independent bits. */
export function rateScore(bits: ArrayLike<number>, p: number): number {
  let ones = 0;
  for (let i = 0; i < bits.length; i++) ones += bits[i];
  return (ones - p * bits.length) / Math.sqrt(bits.length * p * (1 - p));
}
