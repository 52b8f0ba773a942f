import assert from "node:assert/strict";
import { test } from "node:test";
import { logarithmic, normal, poisson, WeightedIndex } from "../../src/simulate/draw.js";
import { Random } from "../../src/support/random.js";

const N = 200_000;

/** Mean and variance of many draws must be the distribution's, within five standard errors. */
function assertMoments(
  draw: (random: Random) => number,
  mean: number,
  variance: number,
  fourth: number,
): void {
  const random = new Random(11);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < N; i++) {
    const value = draw(random) - mean;
    sum += value;
    squares += value * value;
  }
  assert.ok(Math.abs(sum / N) < 5 * Math.sqrt(variance / N), `mean off by ${sum / N}`);
  const error = Math.sqrt((fourth - variance ** 2) / N);
  assert.ok(Math.abs(squares / N - variance) < 5 * error, `variance ${squares / N}, not ${variance}`);
}

test("normal", () => assertMoments(normal, 0, 1, 3));

for (const mean of [0.3, 7, 10.5, 55, 3500])
  test(`poisson of mean ${mean}`, () =>
    assertMoments((random) => poisson(mean, random), mean, mean, mean + 3 * mean ** 2));

for (const p of [0.01, 0.5, 0.95])
  test(`logarithmic series with p ${p}`, () => {
    // Moments by summation of the series itself.
    let [mean, second] = [0, 0];
    for (let k = 1; k < 2000; k++) {
      const probability = -(p ** k) / (k * Math.log1p(-p));
      mean += k * probability;
      second += k * k * probability;
    }
    let fourth = 0;
    for (let k = 1; k < 2000; k++) fourth += ((k - mean) ** 4 * -(p ** k)) / (k * Math.log1p(-p));
    assertMoments((random) => logarithmic(p, random), mean, second - mean ** 2, fourth);
  });

test("weighted indices come as often as their weights say", () => {
  const weights = Float64Array.of(1, 0, 5, 0.5, 3.5);
  const index = new WeightedIndex(weights);
  const times = new Float64Array(5);
  const random = new Random(4);
  for (let i = 0; i < N; i++) times[index.draw(random)]++;
  assert.equal(times[1], 0);
  weights.forEach((weight, i) => {
    const expected = (weight / 10) * N;
    assert.ok(Math.abs(times[i] - expected) <= 5 * Math.sqrt(expected), `${i}: ${times[i]}, not ${expected}`);
  });
});
