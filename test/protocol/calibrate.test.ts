import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrate } from "../../src/protocol/calibrate.js";
import { near, trust } from "../support/trustFixture.js";

const names = ["a", "b", "c", "d", "rare"];
const wanted = { precision: 0.8, coverage: 0.9 };
const none = { truth: [], logits: new Float32Array(0) };
const cells = { truth: trust.truth, logits: trust.logits };

/** Logits of two classes by which the first has these probabilities. */
const logitsOf = (...first: number[]) =>
  Float32Array.from(first.flatMap((p) => [Math.log(p), Math.log(1 - p)]));

test("the temperature is scipy's, of the validation cells alone", () => {
  const { temperature } = calibrate(cells, { truth: trust.newTruth, logits: trust.newLogits }, names, wanted);
  near(temperature, trust.temperature, 1e-5);
});

test("the sets' thresholds are crepes' of the test cells; the class of 3 cells is named", () => {
  // All of one cell is right: the temperature stays 1, as the fixture's.
  const right = { truth: [0], logits: Float32Array.of(9, 0, 0, 0, 0) };
  const { temperature, sets, notes } = calibrate(right, cells, names, wanted);
  assert.equal(temperature, 1);
  const expected = trust.setsByClass.map((row, cell) =>
    row.map((held, code) => (code === 4 ? trust.setsMarginal[cell][code] : held)),
  );
  const { newLogits, classes } = trust;
  const found = expected.map((_, cell) => {
    const row = [...newLogits.subarray(cell * classes, (cell + 1) * classes)];
    const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return row.map((logit, c) => (Math.exp(logit) / total >= sets!.least[c] ? 1 : 0));
  });
  assert.deepEqual(found, expected);
  assert.ok(
    notes.some((note) =>
      /90 % of the cells of each class; .* only for 1 of the classes, which have fewer than 9 test cells: rare$/.test(
        note,
      ),
    ),
    notes.join("\n"),
  );
});

test("a precision that validation can't reach: the note says what can", () => {
  // From the surest down, right are 0/1, 1/2, 2/3.
  const validation = { truth: [1, 0, 0], logits: logitsOf(0.9, 0.8, 0.7) };
  const { threshold, notes } = calibrate(validation, none, ["x", "y"], wanted);
  assert.equal(threshold!.precision, 2 / 3);
  assert.equal(threshold!.assigned, 1);
  assert.match(
    notes[0],
    /^the wanted precision of 0\.8 \(precision\) is not reached by any threshold; the best that is: of 3 validation cells 3 have a probability of at least 0\.\d{3}, and 66\.7 % of their labels are right$/,
  );
});

test("what can't be worked out is said: no validation cells, too few test cells, outputs that are no numbers", () => {
  const few = { truth: trust.truth.slice(0, 8), logits: trust.logits.subarray(0, 40) };
  const { temperature, threshold, sets, notes } = calibrate(none, few, names, wanted);
  assert.deepEqual([temperature, threshold, sets], [1, null, null]);
  assert.deepEqual(notes, [
    "probabilities are not calibrated and no label is left open: there are no validation cells",
    "there are no prediction sets: a coverage of 0.9 needs at least 9 test cells, and there are 8",
  ]);
  const broken = calibrate({ truth: [0], logits: Float32Array.of(Number.NaN, 0) }, none, ["x", "y"], wanted);
  assert.deepEqual([broken.temperature, broken.threshold, broken.sets], [1, null, null]);
  assert.match(broken.notes[0], /the model's outputs are no finite numbers/);
});
