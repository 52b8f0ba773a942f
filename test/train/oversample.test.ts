import assert from "node:assert/strict";
import { test } from "node:test";
import { oversampled } from "../../src/train/oversample.js";

// 100 cells: 90, 9 and 1 of the classes 0, 1, 2; the cells are every other one of the store.
const labels = Int32Array.from({ length: 200 }, (_, i) => (i < 180 ? 0 : i < 198 ? 1 : 2));
const cells = Int32Array.from({ length: 100 }, (_, i) => 2 * i);
const counts = (drawn: Int32Array) =>
  [0, 1, 2].map((code) => drawn.filter((cell) => labels[cell] === code).length);

test("classes come up in proportion to n^(1 − power), all together as often as there are cells", () => {
  assert.deepEqual(counts(oversampled(cells, labels, 1, 0, 1)), [33, 34, 33]);
  // Square roots of 90, 9 and 1: 9.487, 3 and 1 of 13.487.
  assert.deepEqual(counts(oversampled(cells, labels, 0.5, 0, 1)), [70, 23, 7]);
  assert.deepEqual(oversampled(cells, labels, 1e-12, 0, 1).slice().sort(), cells);
});

test("a class's cells come up equally often but for one; others of a frequent class in each epoch", () => {
  const drawn = oversampled(cells, labels, 1, 0, 1);
  const times = new Map<number, number>();
  for (const cell of drawn) times.set(cell, (times.get(cell) ?? 0) + 1);
  for (const cell of cells.filter((cell) => labels[cell] === 1))
    assert.ok([3, 4].includes(times.get(cell)!), `cell ${cell} comes up ${times.get(cell)} times`);
  assert.equal(times.get(198), 33);
  const ofEpoch = (epoch: number, seed = 0) => [...oversampled(cells, labels, 1, seed, epoch)];
  assert.deepEqual(ofEpoch(1), [...drawn]);
  assert.notDeepEqual(ofEpoch(2), [...drawn]);
  assert.notDeepEqual(ofEpoch(1, 1), [...drawn]);
});
