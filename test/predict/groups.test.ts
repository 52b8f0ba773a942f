import assert from "node:assert/strict";
import { test } from "node:test";
import { groupCells } from "../../src/predict/groups.js";
import { cellLength } from "../../src/tokenize/batches.js";
import { simulatedTokens } from "../support/tokens.js";

const { tokens } = simulatedTokens(300, 60, 3);
const cells = Int32Array.from({ length: 250 }, (_, i) => 299 - i);
const options = { batchSize: 8, maxSeqLen: 33, padding: false };
const lengthOf = (place: number) => cellLength(tokens, cells[place], options.maxSeqLen);
const everyPlaceOnce = (groups: Int32Array[]) =>
  assert.deepEqual(
    groups.flatMap((group) => [...group]).sort((a, b) => a - b),
    Array.from(cells, (_, i) => i),
  );

test("without padding, groups are of one length and no larger than asked for", () => {
  const groups = groupCells(tokens, cells, options);
  everyPlaceOnce(groups);
  for (const group of groups) assert.equal(new Set(Array.from(group, lengthOf)).size, 1);
  const lengths = new Set(Array.from(cells, (_, i) => lengthOf(i)));
  assert.equal(Math.max(...groups.map((group) => group.length)), 8);
  // Each length is cut only where a group is full.
  assert.equal(groups.filter((group) => group.length < 8).length <= lengths.size, true);
  const first = groups.map((group) => lengthOf(group[0]));
  assert.deepEqual(
    first,
    first.slice().sort((a, b) => b - a),
  );
});

test("without padding, a group has 2,048 tokens at most", () => {
  const groups = groupCells(tokens, cells, { ...options, batchSize: 1000 });
  everyPlaceOnce(groups);
  const capped = groups.filter((group) => lengthOf(group[0]) === 33);
  assert.equal(Math.max(...capped.map((group) => group.length)), Math.floor(2048 / 33));
});

test("with padding, groups are full and take the cells by length", () => {
  const groups = groupCells(tokens, cells, { ...options, padding: true });
  everyPlaceOnce(groups);
  assert.equal(groups.length, Math.ceil(250 / 8));
  const lengths = groups.flatMap((group) => Array.from(group, lengthOf));
  assert.deepEqual(
    lengths,
    lengths.slice().sort((a, b) => b - a),
  );
});

test("cells of two batch labels do not share a group", () => {
  const batchLabels = Int32Array.from({ length: 300 }, (_, cell) => cell % 2);
  for (const padding of [false, true]) {
    const groups = groupCells(tokens, cells, { ...options, padding, batchLabels });
    everyPlaceOnce(groups);
    for (const group of groups)
      assert.equal(new Set(group.map((place) => batchLabels[cells[place]])).size, 1);
  }
});
