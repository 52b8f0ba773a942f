import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { secondOpinion } from "../../src/protocol/secondOpinion.js";
import { temporaryFolder } from "../support/folder.js";
import { python } from "../support/python.js";
import { simulatedTokens } from "../support/tokens.js";
import { near } from "../support/trustFixture.js";

const CELLS = 300;
const classes = ["a", "b", "c"];
const { tokens, labels } = simulatedTokens(CELLS, 40, classes.length);
// A fifth of the labels are others, so that no method is right of all.
const truth = Int32Array.from(labels, (code, cell) => (cell % 5 === 0 ? (code + (cell % 3)) % 3 : code));
const cells = Int32Array.from({ length: CELLS }, (_, cell) => cell);
const given = {
  ...{ tokens, truth, codes: truth.map((code, cell) => (cell % 4 === 1 ? (code + 1) % 3 : code)), classes },
  train: cells.filter((cell) => cell % 2 === 0),
  test: cells.filter((cell) => cell % 2 === 1),
};

test("the simple methods' figures are scikit-learn's", async (context) => {
  const values = Array.from(cells, (cell) => {
    const row = new Array<number>(40).fill(0);
    for (let at = tokens.indptr[cell]; at < tokens.indptr[cell + 1]; at++)
      row[tokens.gene[at]] = tokens.bin[at];
    return row;
  });
  const path = join(temporaryFolder(context), "cells.json");
  writeFileSync(
    path,
    JSON.stringify({ values, truth: [...truth], train: [...given.train], test: [...given.test] }),
  );
  const expected: number[][] = JSON.parse(python("test/protocol/support/opinions.py", path));
  const { methods, ...counts } = (await secondOpinion(given))!;
  assert.deepEqual(counts, { cells: 150, learnt: 150, ofCells: 150, ofLearnt: 150 });
  assert.deepEqual(
    methods.map(({ method }) => method),
    ["this model", "logistic regression", "15 nearest neighbours", "most frequent class"],
  );
  // Every second of the labelled cells has another label.
  near(methods[0].accuracy, 0.5, 1e-12);
  methods.slice(1).forEach(({ weightedF1, accuracy, macroF1 }, i) => {
    [weightedF1, accuracy, macroF1].forEach((value, of) => {
      near(value, expected[i][of], 1e-9);
    });
  });
});

test("too few cells to learn from: none", async () => {
  assert.equal(await secondOpinion({ ...given, train: given.train.slice(0, 15) }), undefined);
  assert.equal(await secondOpinion({ ...given, test: new Int32Array(0) }), undefined);
});

test("of many cells a sample is drawn, which is said, and an interruption ends it", async () => {
  const many = Int32Array.from({ length: 3500 }, (_, i) => 2 * (i % 150));
  const { learnt, ofLearnt } = (await secondOpinion({ ...given, train: many }))!;
  assert.deepEqual([learnt, ofLearnt], [2000, 3500]);
  await assert.rejects(secondOpinion(given, AbortSignal.abort(new Error("stop"))), /stop/);
});
