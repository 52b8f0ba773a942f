import assert from "node:assert/strict";
import { test } from "node:test";
import { type CellSplit, publishedSplit, stratifiedSplit } from "../../src/train/split.js";

/** 1,000 cells of class 0, 95 of class 1, 3 of class 2, 2 of class 3, 1 of class 4, 10 without a label, mixed. */
const sizes = [1000, 95, 3, 2, 1];
const codes = [
  ...sizes.flatMap((size, code) => new Array<number>(size).fill(code)),
  ...new Array<number>(10).fill(-1),
]
  .map((code, i) => ({ code, key: (i * 7919) % 1111 }))
  .sort((a, b) => a.key - b.key)
  .map(({ code }) => code);

const countIn = (cells: Int32Array, code: number) => cells.filter((cell) => codes[cell] === code).length;

function assertEveryLabelledCellOnce({ train, validation, test }: CellSplit): void {
  const all = [...train, ...validation, ...test].sort((a, b) => a - b);
  const labelled = codes.flatMap((code, cell) => (code >= 0 ? [cell] : []));
  assert.deepEqual(all, labelled);
}

test("each class is split 80 / 10 / 10, and rare classes are in each part", () => {
  const split = stratifiedSplit(codes);
  assertEveryLabelledCellOnce(split);
  const shares = sizes.map((_, code) =>
    [split.train, split.validation, split.test].map((part) => countIn(part, code)),
  );
  assert.deepEqual(shares, [
    [800, 100, 100],
    [75, 10, 10],
    [1, 1, 1],
    [1, 0, 1],
    [1, 0, 0],
  ]);
});

test("the same seed gives the same split, another seed another one", () => {
  assert.deepEqual(stratifiedSplit(codes), stratifiedSplit(codes, 42));
  assert.notDeepEqual(stratifiedSplit(codes).test, stratifiedSplit(codes, 43).test);
});

test("the published split has 90 / 10 and no test cells", () => {
  const split = publishedSplit(codes);
  assertEveryLabelledCellOnce(split);
  assert.deepEqual([split.train.length, split.validation.length, split.test.length], [990, 111, 0]);
});

test("another share for the validation, as scikit-learn counts it", () => {
  const published = publishedSplit(codes, 42, 0.25);
  assertEveryLabelledCellOnce(published);
  // train_test_split(range(1101), test_size=0.25): 825 and 276 cells.
  assert.deepEqual([published.train.length, published.validation.length], [825, 276]);
  const stratified = stratifiedSplit(codes, 42, 0.25);
  assertEveryLabelledCellOnce(stratified);
  assert.deepEqual(
    [stratified.train, stratified.validation, stratified.test].map((part) => countIn(part, 0)),
    [500, 250, 250],
  );
});
