import assert from "node:assert/strict";
import { test } from "node:test";
import { confusionView } from "../../src/views/confusion.js";
import { decodeEvaluation, EVALUATION_MIME, type EvaluationPayload } from "../../src/views/contract.js";
import { evaluationPayload } from "../../src/views/evaluation.js";
import { reportView } from "../../src/views/report.js";
import type { ReportInput } from "../../src/views/types.js";

/** Four cells of three classes, one of which has none; scores as scikit-learn gives them (zero_division=0). */
const input = {
  title: "test cells",
  ...{ cells: 4, accuracy: 0.75, kappa: Number.NaN, classes: ["a", "b", "<b>"], notes: ["WARNING: few"] },
  macro: { precision: 0.75, recall: 5 / 6, f1: 11 / 15 },
  weighted: { precision: 0.875, recall: 0.75, f1: 23 / 30 },
  perClass: [
    { precision: 1, recall: 2 / 3, f1: 0.8, support: 3 },
    { precision: 0.5, recall: 1, f1: 2 / 3, support: 1 },
    { precision: 0, recall: 0, f1: 0, support: 0 },
  ],
  confusion: [
    [2, 1, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
  reliability: {
    error: 0.125,
    bins: [
      { from: 0, to: 0.5, cells: 0, confidence: Number.NaN, accuracy: Number.NaN },
      { from: 0.5, to: 1, cells: 4, confidence: 0.875, accuracy: 0.75 },
    ],
  },
  secondOpinion: {
    title: "Second opinion: simple methods, on 4 cells",
    columns: ["method", "accuracy"],
    rows: [
      ["logistic regression", 0.5],
      ["<b>", 0.25],
    ],
  },
  assigned: {
    ...{ table: "cells", rows: [3, 5, 70_000, 9], truth: [0, 0, 0, 1], predicted: [0, 0, 1, 1] },
    probabilities: [1, 0.5, 0.75, 0],
  },
} satisfies ReportInput;

const sent = (payload: EvaluationPayload) => JSON.parse(JSON.stringify(payload)) as EvaluationPayload;

test("an evaluation comes out of its payload as it went in, without what is not there", () => {
  const found = decodeEvaluation(sent(evaluationPayload(input)));
  assert.deepEqual([found.title, found.shows, found.cells], ["test cells", "report", 4]);
  assert.deepEqual(
    [...found.figures],
    [
      ["accuracy", 0.75],
      ["macroF1", 11 / 15],
      ["weightedF1", 23 / 30],
      ["kappa", null],
      ["calibrationError", 0.125],
    ],
  );
  assert.deepEqual(found.secondOpinion, {
    about: "Second opinion: simple methods, on 4 cells",
    ...{ columns: ["method", "accuracy"], rows: input.secondOpinion.rows },
  });
  assert.deepEqual(
    [...found.confusion],
    [
      [0, 2],
      [1, 1],
      [4, 1],
    ],
  );
  assert.deepEqual(
    [found.support, found.predictedAs],
    [
      [3, 1, 0],
      [2, 2, 0],
    ],
  );
  assert.deepEqual(found.recall, [0.6667, 1, 0]);
  assert.deepEqual(found.reliability?.bins, [input.reliability.bins[1]]);
  const { rows, truth, predicted, probabilities } = found.assigned!;
  assert.deepEqual(
    [[...rows], [...truth], [...predicted]],
    [
      [3, 5, 70_000, 9],
      [0, 0, 0, 1],
      [0, 0, 1, 1],
    ],
  );
  probabilities.forEach((share, cell) => {
    assert.ok(Math.abs(share - input.assigned.probabilities[cell]) < 1 / 65535);
  });
});

test("the figures' and the matrix' bundles hold it beside picture and text; figures alone do not", async () => {
  const report = await reportView(input);
  assert.deepEqual(Object.keys(report), [EVALUATION_MIME, "text/html", "image/png", "text/plain"]);
  const matrix = await confusionView(input);
  assert.deepEqual(Object.keys(matrix), [
    EVALUATION_MIME,
    "application/vnd.vegalite.v5+json",
    "image/png",
    "text/plain",
  ]);
  const payload = decodeEvaluation(matrix[EVALUATION_MIME]);
  assert.deepEqual([payload.shows, payload.cells, payload.recall], ["confusion", 4, [0.6667, 1, 0]]);
  const { confusion: _, ...figures } = input;
  assert.ok(!(EVALUATION_MIME in (await reportView(figures))));
});

test("damaged data are refused", () => {
  const whole = sent(evaluationPayload(input));
  const { assigned } = whole;
  for (const broken of [
    undefined,
    {},
    { ...whole, classes: ["a"] },
    { ...whole, cells: "many" },
    // Class 2 of what is now 2.
    { ...whole, ...{ classes: ["a"], precision: [0], recall: [0], f1: [0] } },
    { ...whole, assigned: { ...assigned, truth: "" } },
    { ...whole, reliability: {} },
  ])
    assert.throws(() => decodeEvaluation(broken));
});
