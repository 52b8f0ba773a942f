import assert from "node:assert/strict";
import { test } from "node:test";
import { confusionView } from "../../src/views/confusion.js";
import { TRAINING_MIME } from "../../src/views/contract.js";
import { histogramView } from "../../src/views/histogram.js";
import { hvgView } from "../../src/views/hvg.js";
import { reportView } from "../../src/views/report.js";
import { tableText, tableView } from "../../src/views/table.js";
import { describeTraining, trainingPayload, trainingUpdate, trainingView } from "../../src/views/training.js";
import type { TrainingProgress } from "../../src/views/types.js";
import { violinView } from "../../src/views/violin.js";
import { inked } from "../support/png.js";

const LITE = "application/vnd.vegalite.v5+json";

interface Spec {
  data: { values: Record<string, unknown>[] };
  layer: Spec[];
  hconcat: Spec[];
}

function picture(bundle: Record<string, unknown>): ReturnType<typeof inked> {
  return inked(Buffer.from(bundle["image/png"] as string, "base64"));
}

test("the confusion matrix holds counts and shares of the true class", async () => {
  const confusion = [
    [3, 1],
    [0, 0],
  ];
  const bundle = await confusionView({ classes: ["a", "b"], confusion });
  assert.deepEqual((bundle[LITE] as Spec).data.values, [
    { truth: "a", predicted: "a", cells: 3, share: 0.75 },
    { truth: "a", predicted: "b", cells: 1, share: 0.25 },
    { truth: "b", predicted: "a", cells: 0, share: 0 },
    { truth: "b", predicted: "b", cells: 0, share: 0 },
  ]);
  assert.equal(bundle["text/plain"], "Confusion matrix of 2 classes; most: 1 a taken for b");
  assert.ok(picture(bundle).share > 0.05);
  await assert.rejects(confusionView({ classes: ["a"], confusion }), /2 rows; expected 1 × 1/);
});

test("violins are scipy's densities, from the least to the largest value, with numpy's quartiles", async () => {
  const values = [1, 2, 2, 3, 5, 8, 13, Number.NaN, 4, 4];
  const codes = [0, 0, 0, 0, 0, 0, 0, 0, 2, 2];
  const distributions = [{ label: "genes", values }];
  const bundle = await violinView({ distributions, groups: ["a", "none", "one value"], codes });
  const [panel] = (bundle[LITE] as Spec).hconcat;
  const outline = panel.layer[0].data.values;
  assert.equal(outline.length, 64 + 1);
  // scipy.stats.gaussian_kde([1, 2, 2, 3, 5, 8, 13]) at 64 points from 1 to 13, over its largest, times 0.42.
  const halves = [0, 8, 31, 63].map((i) => outline[i].to as number);
  [0.36773, 0.41904, 0.25619, 0.11214].forEach((half, i) => {
    assert.ok(Math.abs(halves[i] - half) < 2e-5, `${halves[i]}, not ${half}`);
  });
  assert.deepEqual([outline[0].value, outline[63].value, outline[64].value], [1, 13, 4]);
  // numpy.quantile of the seven; and of one value twice.
  const { low, median, high, cells } = panel.layer[1].data.values[0];
  assert.deepEqual([low, median, high, cells], [2, 3, 6.5, 7]);
  assert.equal(
    bundle["text/plain"],
    "genes, a: median 3, quartiles 2 to 6.5 (7 cells)\ngenes, one value: median 4, quartiles 4 to 4 (2 cells)",
  );
  assert.ok(picture(bundle).share > 0.02);
  await assert.rejects(violinView({ distributions, groups: ["a"], codes: [0] }), /10 values and 1 codes/);
});

test("histogram bins are numpy's", async () => {
  const values = Array.from({ length: 100 }, (_, i) => (i * i) % 97);
  const bundle = await histogramView([{ label: "squares", values, limits: { max: 50 } }]);
  const [bars, limits] = (bundle[LITE] as Spec).hconcat[0].layer;
  // numpy.histogram(values, 40)
  assert.deepEqual(
    bars.data.values.map(({ cells }) => cells),
    [
      7, 5, 2, 4, 2, 2, 2, 2, 0, 2, 4, 2, 2, 4, 2, 2, 0, 2, 2, 2, 6, 0, 4, 0, 0, 4, 2, 4, 0, 2, 4, 2, 2, 2, 0,
      4, 2, 4, 2, 6,
    ],
  );
  assert.deepEqual(limits.data.values, [{ limit: 50 }]);
  await assert.rejects(
    histogramView([{ label: "counts", values: [0, 1], log: true }]),
    /counts holds 0; a logarithmic/,
  );
});

test("the gene plot keeps every chosen gene and thins out the rest", async () => {
  const genes = Array.from({ length: 20_000 }, (_, g) => `GENE${g}`);
  const bundle = await hvgView({
    genes,
    means: genes.map((_, g) => 0.001 * (g + 1)),
    dispersions: genes.map((_, g) => Math.sin(g) + (g % 10 === 0 ? 3 : 0)),
    chosen: genes.map((_, g) => g % 10 === 0),
    measure: "normalised dispersion",
  });
  const { values } = (bundle[LITE] as Spec).layer[0].data;
  assert.equal(values.filter(({ group }) => group === "chosen (2000)").length, 2000);
  assert.equal(values.filter(({ group }) => group === "not chosen (18000)").length, 3600);
  assert.match(bundle["text/plain"] as string, /^2000 of 20000 genes chosen; most variable: GENE/);
  await assert.rejects(
    hvgView({ genes, means: [1], dispersions: [], chosen: [], measure: "" }),
    /1 means for 20000 genes/,
  );
});

const progress: TrainingProgress = {
  run: "run-1",
  state: "running",
  step: 1500,
  steps: 3000,
  epoch: 2,
  epochs: 3,
  seconds: 200,
  secondsLeft: 7500,
  losses: Float64Array.from({ length: 1500 }, (_, i) => i),
  history: [{ epoch: 1, step: 1000, trainLoss: 2, validationLoss: 1.25, validationError: 0.318 }],
  bestEpoch: 1,
};

test("a long loss curve travels as means over windows", () => {
  const { losses } = trainingPayload(progress);
  assert.equal(losses.length, 500);
  assert.deepEqual(losses[0], { step: 3, loss: 1 });
  assert.deepEqual(losses[499], { step: 1500, loss: 1498 });
});

test("training is told in a line, live without a picture, at the end with one", async () => {
  assert.equal(
    describeTraining(progress),
    "running: epoch 2 of 3, step 1500 of 3000 · 3 min 20 s so far · about 2 h 05 min left · " +
      "best epoch 1: validation loss 1.250, error 31.8 %",
  );
  assert.deepEqual(Object.keys(trainingUpdate(progress)), [TRAINING_MIME, "text/plain"]);
  const bundle = await trainingView({ ...progress, state: "finished" });
  assert.deepEqual(Object.keys(bundle), [TRAINING_MIME, LITE, "image/png", "text/plain"]);
  assert.ok(picture(bundle).share > 0.01);
  const early = await trainingView({
    ...progress,
    state: "stopped",
    losses: [],
    history: [],
    bestEpoch: null,
  });
  assert.ok(picture(early).width > 0, "a run that was stopped at once has a picture too");
});

test("a report is tables and a picture", async () => {
  const scores = { precision: 0.5, recall: 1, f1: 2 / 3 };
  const bundle = await reportView({
    title: "Test cells",
    cells: 1234,
    accuracy: 0.75,
    kappa: 0.5,
    macro: scores,
    weighted: scores,
    classes: ["T < B", "NK"],
    perClass: [
      { ...scores, support: 1000 },
      { ...scores, support: 234 },
    ],
  });
  const html = bundle["text/html"] as string;
  assert.match(html, /Test cells: 1,234 cells, accuracy 0\.750, κ 0\.500/);
  assert.match(html, /T &lt; B/);
  assert.match(bundle["text/plain"] as string, /\nT < B {6}0\.500 {3}1\.000 {2}0\.667 {3}1000\n/);
  assert.ok(picture(bundle).share > 0.05);
});

test("tables align numbers, escape text and say what they leave out", () => {
  const table = {
    columns: ["name", "n"],
    rows: [
      ["<a>", 1],
      ["b", null],
    ] as const,
    total: 10,
  };
  assert.equal(tableText(table), "name  n\n<a>   1\nb\n2 of 10 rows");
  assert.match(tableView(table)["text/html"] as string, /<td style="text-align: left">&lt;a&gt;<\/td>/);
});
