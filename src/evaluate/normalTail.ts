/** Where the series for erf gives way to the continued fraction. */
const FAR = 2;

/**
 * Probability that a standard normal variable is farther from 0 than z: the two-sided p-value of a z-score. To about
 * 1e-13 of itself, in the far tail too (erf by its series with positive terms, Abramowitz & Stegun 7.1.6; erfc by its continued
 * fraction, 7.1.14).
 */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  if (x < FAR) return 1 - erfBySeries(x);
  // erfc(x) = exp(−x²) / √π · 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + …)))), from the inside.
  let fraction = x;
  for (let k = 60; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

function erfBySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
