import assert from "node:assert/strict";
import { test } from "node:test";
import { labelCells } from "../../src/predict/labels.js";
import { trustFigures, trustResults } from "../../src/protocol/trustFigures.js";
import type { RunTrust } from "../../src/store/runParts.js";
import { near, trust } from "../support/trustFixture.js";

const { classes } = trust;
const compared = (calibrated: boolean, temperature = 1) => ({
  truth: Int32Array.from(trust.truth),
  calibrated: trust.truth.map(() => calibrated),
  labelled: labelCells(trust.logits, classes, temperature),
  before: labelCells(trust.logits, classes),
});

test("the calibration error is torchmetrics', and the temperature makes it smaller", () => {
  const { temperature } = trust;
  const run: RunTrust = { temperature, threshold: null, sets: null, notes: [] };
  const figures = trustFigures(run, classes, compared(false, temperature));
  near(figures.errorBefore, trust.calibrationError, 1e-6);
  assert.ok(figures.reliability.error < trust.calibrationError);
  assert.deepEqual([figures.assigned, figures.sets], [undefined, undefined]);
  assert.equal(
    figures.reliability.bins.reduce((sum, { cells }) => sum + cells, 0),
    trust.truth.length,
  );
});

// Counted by hand: of a, a, b, b with labels a, b, b, b of probabilities 0.9, 0.8, 0.7, 0.6.
const logits = Float32Array.from([0.9, 0.2, 0.3, 0.4].flatMap((p) => [Math.log(p), Math.log(1 - p)]));
const byHand = {
  truth: Int32Array.of(0, 0, 1, 1),
  calibrated: [false, false, false, false],
  labelled: labelCells(logits, 2),
  before: labelCells(logits, 2),
};
const run: RunTrust = {
  temperature: 1,
  threshold: { probability: 0.65, wanted: 0.9, precision: 1, assigned: 0.5 },
  sets: { coverage: 0.5, least: [0.25, 0.65] },
  notes: [],
};

test("what is assigned, and what the sets hold", () => {
  const { assigned, prediction_sets } = trustResults(trustFigures(run, 2, byHand), ["a", "b"]);
  assert.deepEqual(assigned, {
    ...{ threshold: 0.65, wanted_precision: 0.9, share: 3 / 4, precision: 2 / 3 },
  });
  // {a}, {b}, {a, b}, {a}: the first and the third hold their class.
  assert.deepEqual(prediction_sets, {
    ...{ wanted_coverage: 0.5, coverage: 0.5, coverage_per_class: { a: 0.5, b: 0.5 } },
    ...{ mean_size: 5 / 4, cross_fitted: false },
  });
});

test("how many cells are unlike all that was learnt, and how well types that were not are told", () => {
  const unlike = { evaluated: Float32Array.of(0.5, 1.5), unseen: Float32Array.of(2, 0.6) };
  const figures = trustFigures(run, 2, { ...byHand, unlike });
  // Of the four pairs all but (0.6, 1.5) are in order.
  assert.deepEqual(trustResults(figures, ["a", "b"]).unlike, {
    ...{ expected_share: 0.05, share: 0.5 },
    ...{ unseen_cells: 2, unseen_share: 0.5, unseen_auroc: 0.75 },
  });
  const none = trustFigures(run, 2, { ...byHand, unlike: { ...unlike, unseen: new Float32Array(0) } });
  assert.deepEqual(trustResults(none, ["a", "b"]).unlike, { expected_share: 0.05, share: 0.5 });
});

test("cells by which the sets were made are measured by sets of the others", () => {
  // By their own, which hold nothing, no cell would be covered.
  const empty = { ...run, sets: { coverage: 0.9, least: new Array(classes).fill(1) } };
  assert.equal(trustFigures(empty, classes, compared(false)).sets!.overall, 0);
  const { overall, crossFitted } = trustFigures(empty, classes, compared(true)).sets!;
  assert.ok(crossFitted);
  // Three standard deviations of a share of 200 cells.
  near(overall, 0.9, 0.064);
});
