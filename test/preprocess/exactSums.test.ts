import assert from "node:assert/strict";
import { test } from "node:test";
import { ExactSums, WholeSums } from "../../src/preprocess/exactSums.js";
import { Random } from "../../src/support/random.js";

const random = new Random(3);
/** Logged values and squares of theirs, some large, in single precision. */
const values = Array.from({ length: 3000 }, (_, i) => {
  const value = Math.fround(Math.log1p(random.uniform() * 10 ** (i % 7)));
  return i % 2 === 0 ? value : i % 5 === 0 ? (value * 1e6) ** 2 : value * value;
});

/** The same sum in whole numbers of 2^-52, to which each value is rounded; rounded once to a double. */
function inUnits(all: readonly number[]): number {
  const units = all.map((value) => {
    const whole = Math.floor(value);
    return (BigInt(whole) << 52n) + BigInt(Math.round((value - whole) * 2 ** 52));
  });
  return Number(units.reduce((sum, one) => sum + one, 0n)) / 2 ** 52;
}

test("a sum is that of the numbers in whole units, in any order and by any shards", () => {
  const inOrder = new ExactSums(2);
  for (const value of values) inOrder.add(1, value);
  const [none, sum] = inOrder.totals();
  assert.equal(none, 0);
  assert.ok(Math.abs(sum - inUnits(values)) <= 2 ** -52 * sum, `${sum} is not ${inUnits(values)}`);
  // In plain order the last bits differ, or nothing would be shown.
  const plain = values.reduce((total, value) => total + value, 0);
  assert.notEqual(
    plain,
    [...values].reverse().reduce((total, value) => total + value, 0),
  );

  const shuffled = [...values].sort((a, b) => (a % 0.001) - (b % 0.001));
  const merged = new ExactSums(2);
  for (let start = 0; start < shuffled.length; start += 777) {
    const shard = new ExactSums(1);
    for (const value of shuffled.slice(start, start + 777)) shard.add(0, value);
    merged.merge(shard.parts, 1, 0, 1);
  }
  assert.deepEqual(merged.parts, inOrder.parts);
});

test("squares of tiny numbers are added up as exactly, in any order and by any shards", () => {
  // Multiples of 2^-50 up to 2^-34: their squares are multiples of 2^-100, most of them far below 2^-52.
  const tiny = Array.from({ length: 3000 }, () => (1 + random.below(2 ** 16)) / 2 ** 50);
  const exact = tiny.reduce((sum, value) => sum + BigInt(value * 2 ** 50) ** 2n, 0n);
  const inOrder = new ExactSums(2);
  for (const value of [3, ...tiny.map((value) => value ** 2)]) inOrder.add(value === 3 ? 0 : 1, value);
  assert.deepEqual([...inOrder.totals()], [3, Number(exact) / 2 ** 100]);
  const merged = new ExactSums(2);
  for (const part of [tiny.slice(2000), tiny.slice(0, 2000).reverse()]) {
    const shard = new ExactSums(1);
    for (const value of part) shard.add(0, value ** 2);
    merged.mergeState(shard.state("sums"), "sums", 1, 0, 1);
  }
  assert.deepEqual(merged.totals(1, 1), inOrder.totals(1, 1));
});

test("sums of squares of whole numbers are exact beyond 2^53", () => {
  const counts = Array.from({ length: 400 }, (_, i) => 90_000_001 + 1_000_003 * i);
  const sums = new WholeSums(1);
  for (const count of counts) sums.add(0, count * 1001);
  const exact = counts.reduce((sum, count) => sum + BigInt(count) * 1001n, 0n);
  assert.equal(BigInt(sums.parts[0]) + BigInt(sums.parts[1]), exact);
  const squares = new WholeSums(1);
  for (const count of counts) squares.add(0, Math.floor(count / 16) ** 2);
  const exactSquares = counts.reduce((sum, count) => sum + BigInt(Math.floor(count / 16)) ** 2n, 0n);
  assert.ok(exactSquares > 2n ** 53n);
  assert.equal(BigInt(squares.parts[0]) + BigInt(squares.parts[1]), exactSquares);
});
