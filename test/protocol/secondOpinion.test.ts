import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { consensus, labelByOpinion, learnOpinion } from "../../src/protocol/opinion.js";
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
const predicted = truth.map((code, cell) => (cell % 4 === 1 ? (code + 1) % 3 : code));
const [train, apart] = [0, 1].map((odd) => cells.filter((cell) => cell % 2 === odd));

test("the simple methods' labels and figures are scikit-learn's", async (context) => {
  const values = Array.from(cells, (cell) => {
    const row = new Array<number>(40).fill(0);
    for (let at = tokens.indptr[cell]; at < tokens.indptr[cell + 1]; at++)
      row[tokens.gene[at]] = tokens.bin[at];
    return row;
  });
  const path = join(temporaryFolder(context), "cells.json");
  writeFileSync(path, JSON.stringify({ values, truth: [...truth], train: [...train], test: [...apart] }));
  const expected: { labels: number[][]; figures: number[][] } = JSON.parse(
    python("test/protocol/support/opinions.py", path),
  );
  const opinion = (await learnOpinion(tokens, train, truth, 3))!;
  const others = await labelByOpinion(opinion, tokens.genes, 3, tokens, apart);
  assert.deepEqual([[...others.logistic], [...others.neighbours]], expected.labels);

  const own = { truth: apart.map((cell) => truth[cell]), codes: apart.map((cell) => predicted[cell]) };
  const { methods, ...counts } = secondOpinion({ ...own, others, classes }, opinion, 200);
  assert.deepEqual(counts, { cells: 150, learnt: 150, ofLearnt: 200 });
  assert.deepEqual(
    methods.map(({ method }) => method),
    [
      ...["this model", "logistic regression", "15 nearest neighbours"],
      ...["consensus of the three", "most frequent class"],
    ],
  );
  // Every second of the labelled cells has another label.
  near(methods[0].accuracy, 0.5, 1e-12);
  [methods[1], methods[2], methods[4]].forEach(({ weightedF1, accuracy, macroF1 }, i) => {
    [weightedF1, accuracy, macroF1].forEach((value, of) => {
      near(value, expected.figures[i][of], 1e-9);
    });
  });
  // scipy's mode of the three, the model's where all differ.
  const agreed = [...apart.keys()].map((i) => {
    const votes = [own.codes[i], expected.labels[0][i], expected.labels[1][i]];
    return votes.find((label, v) => votes.indexOf(label) !== v) ?? votes[0];
  });
  const right = agreed.filter((label, i) => label === own.truth[i]).length;
  near(methods[3].accuracy, right / 150, 1e-12);
  assert.ok(methods[3].accuracy > 0.6);
});

test("a cell's labels are the same alone, in another order and beside other cells", async () => {
  const opinion = (await learnOpinion(tokens, train, truth, 3))!;
  const label = (of: Int32Array) => labelByOpinion(opinion, tokens.genes, 3, tokens, of);
  const all = await label(apart);
  const turned = await label(apart.slice().reverse());
  assert.deepEqual([...turned.neighbours].reverse(), [...all.neighbours]);
  assert.deepEqual([...turned.logistic].reverse(), [...all.logistic]);
  assert.equal((await label(apart.slice(7, 8))).logistic[0], all.logistic[7]);
});

test("the consensus is what two of three say, the model's where all differ", () => {
  assert.deepEqual(consensus(0, 1, 1), { label: 1, agreement: 1 });
  assert.deepEqual(consensus(0, 1, 2), { label: 0, agreement: 1 });
  assert.deepEqual(consensus(2, 1, 2), { label: 2, agreement: 2 });
  assert.deepEqual(consensus(2, 2, 2), { label: 2, agreement: 3 });
});

test("too few cells to learn from: none; of many a sample is drawn; an interruption ends it", async () => {
  assert.equal(await learnOpinion(tokens, train.slice(0, 15), truth, 3), undefined);
  const many = Int32Array.from({ length: 3500 }, (_, i) => 2 * (i % 150));
  const opinion = (await learnOpinion(tokens, many, truth, 3))!;
  assert.equal(opinion.labels.length, 2000);
  const stopped = AbortSignal.abort(new Error("stop"));
  await assert.rejects(learnOpinion(tokens, train, truth, 3, stopped), /stop/);
  await assert.rejects(labelByOpinion(opinion, tokens.genes, 3, tokens, apart, stopped), /stop/);
});
