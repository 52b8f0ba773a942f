import assert from "node:assert/strict";
import { test } from "node:test";
import { probabilities } from "../../src/evaluate/calibration.js";
import { coverage, crossFittedSets, predictionSets, setThresholds } from "../../src/evaluate/conformal.js";
import { Random } from "../../src/support/random.js";
import { near, trust } from "../support/trustFixture.js";

const { truth, classes, alpha } = trust;
const RARE = 4;

test("sets are those of crepes: class by class, and of all cells where a class has too few", () => {
  const thresholds = setThresholds(truth, probabilities(trust.logits, classes), classes, alpha);
  const sets = predictionSets(probabilities(trust.newLogits, classes), thresholds);
  // 3 cells; 9 are needed for 90 %. crepes then puts the class into every set.
  assert.deepEqual(thresholds.few, [RARE]);
  const expected = trust.setsByClass.map((row, cell) =>
    row.map((held, code) => (code === RARE ? trust.setsMarginal[cell][code] : held)),
  );
  assert.deepEqual([...sets], expected.flat());
});

test("coverage counts the cells whose set holds their class", () => {
  const counted = coverage([0, 0, 1], Uint8Array.of(1, 0, 1, 1, 1, 0), 2);
  near(counted.overall, 2 / 3, 1e-15);
  assert.deepEqual(counted.perClass, [1, 0]);
  near(counted.size, 4 / 3, 1e-15);
});

/** Logits of cells of which one class in five is hard, and the cells' classes. */
function simulated(cells: number, seed: number) {
  const random = new Random(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const codes = Array.from({ length: cells }, () => random.below(classes));
  const logits = Float32Array.from({ length: cells * classes }, (_, at) => {
    const code = codes[Math.floor(at / classes)];
    return 2 * (normal() + (at % classes === code ? (code === 0 ? 0.5 : 2.5) : 0));
  });
  return { codes, p: probabilities(logits, classes) };
}

test("sets hold the true class as often as wanted, in every class: 4,000 new cells", () => {
  const [old, fresh] = [simulated(4000, 1), simulated(4000, 2)];
  const sets = predictionSets(fresh.p, setThresholds(old.codes, old.p, classes, alpha));
  const seen = coverage(fresh.codes, sets, classes);
  // Three standard deviations of a share of 800 cells, twice: of the threshold and of the count.
  near(seen.overall, 1 - alpha, 0.02);
  for (const share of seen.perClass) near(share, 1 - alpha, 0.045);
});

test("cross-fitting measures the same coverage without cells kept back", () => {
  const { codes, p } = simulated(2000, 3);
  const seen = coverage(codes, crossFittedSets(codes, p, classes, alpha), classes);
  near(seen.overall, 1 - alpha, 0.025);
  for (const share of seen.perClass) near(share, 1 - alpha, 0.06);
});
