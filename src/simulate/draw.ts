import type { Random } from "../support/random.js";

/** Draws indices with given weights in constant time: Walker's alias method, tables after Vose (1991). */
export class WeightedIndex {
  /** Sum of the weights. */
  readonly total: number;
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  constructor(weights: Float64Array) {
    const n = weights.length;
    this.total = weights.reduce((sum, weight) => sum + weight, 0);
    this.threshold = weights.map((weight) => (weight * n) / this.total);
    this.alias = Int32Array.from({ length: n }, (_, i) => i);
    const scaled = this.threshold;
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((weight, i) => {
      (weight < 1 ? small : large).push(i);
    });
    while (small.length > 0 && large.length > 0) {
      const low = small.pop() as number;
      const high = large[large.length - 1];
      this.alias[low] = high;
      scaled[high] -= 1 - scaled[low];
      if (scaled[high] < 1) small.push(large.pop() as number);
    }
    // What rounding left over is as good as 1.
    for (const rest of [...small, ...large]) scaled[rest] = 1;
  }

  draw(random: Random): number {
    const place = random.uniform() * this.alias.length;
    const i = Math.floor(place);
    return place - i < this.threshold[i] ? i : this.alias[i];
  }
}

/** Normal with mean 0 and standard deviation 1 (Box–Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/**
 * Poisson. Small means by multiplication of uniforms, large ones by transformed rejection.
 * Source: Hörmann, The transformed rejection method for generating Poisson random variables, 1993 (PTRS).
 */
export function poisson(mean: number, random: Random): number {
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const accepted = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (accepted <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/** Logarithm of k!, by Stirling's series above 20. */
function logFactorial(k: number): number {
  let sum = 0;
  if (k <= 20) {
    for (let i = 2; i <= k; i++) sum += Math.log(i);
    return sum;
  }
  const n = k + 1;
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/**
 * Logarithmic series: P(k) = −p^k / (k ln(1 − p)), k = 1, 2, …
 * Source: Kemp, Efficient generation of logarithmically distributed pseudo-random variables, 1981 (LK).
 */
export function logarithmic(p: number, random: Random): number {
  const v = random.uniform();
  if (v >= p) return 1;
  const q = -Math.expm1(Math.log1p(-p) * random.uniform());
  if (v <= q * q) return Math.floor(1 + Math.log(v) / Math.log(q));
  return v >= q ? 1 : 2;
}
