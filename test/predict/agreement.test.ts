import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterShapes } from "../../src/model/parameters.js";
import { compareLabels, int8Agreement } from "../../src/predict/agreement.js";
import { type PredictionPlan, predictInWorker } from "../../src/predict/job.js";
import { labelCells } from "../../src/predict/labels.js";
import { Random } from "../../src/support/random.js";
import { initialWeights } from "../../src/train/initialise.js";
import { TrainingJob } from "../../src/train/job.js";
import { simulatedTokens, tinyArgs } from "../support/tokens.js";

test("agreement counts equal labels and finds the largest change of a probability", () => {
  const exact = Float32Array.of(0, Math.log(3), 0, 2, 1, 0, 0, 0, 1);
  const rounded = Float32Array.of(0, Math.log(3), 0, 2, 3, 0, 0, 0, 1);
  const { cells, agreement, largestDifference } = compareLabels(exact, rounded, 3);
  assert.deepEqual([cells, agreement], [3, 2 / 3]);
  const [before, after] = [1 / (1 + Math.exp(-1) + Math.exp(-2)), 1 / (1 + Math.exp(1) + Math.exp(-2))];
  assert.ok(Math.abs(largestDifference - (before - after)) < 1e-6);
});

test("a trained model labels cells alike in 8-bit integers and in float32", async () => {
  const classes = 4;
  const args = { ...tinyArgs, embsize: 32, d_hid: 32 };
  const { tokens, labels } = simulatedTokens(600, 40, classes);
  const random = new Random(7);
  const shapes = parameterShapes(args, { genes: tokens.genes.length + 2, classes });
  const sizes = { args, classes, tokens, maxSeqLen: 41, seed: 3, device: "cpu" as const, threads: 1 };
  const { weights } = await new TrainingJob(
    {
      ...{ ...sizes, labels, weights: initialWeights(shapes, () => random.uniform()) },
      train: Int32Array.from({ length: 160 }, (_, i) => i),
      validation: Int32Array.from({ length: 40 }, (_, i) => 160 + i),
      ...{ epochs: 12, batchSize: 16, microBatch: 16, lr: 5e-3, scheduleRatio: 0.9, scheduleInterval: 1 },
      freeze: "nothing",
    },
    () => {},
  ).result;
  const cells = Int32Array.from({ length: 400 }, (_, i) => 200 + i);
  const plan: PredictionPlan = { ...sizes, weights, cells, batchSize: 32 };

  const { codes } = labelCells((await predictInWorker(plan)).logits, classes);
  const right = codes.filter((code, i) => code === labels[cells[i]]).length / cells.length;
  assert.ok(right > 0.95, `the model has learnt its classes: ${right}`);

  const found = await int8Agreement(plan, 400);
  assert.equal(found.cells, 400);
  assert.ok(found.agreement >= 0.995, `agreement ${found.agreement}`);
  assert.ok(found.largestDifference > 0, "int8 changes the probabilities a little");
  assert.equal((await int8Agreement(plan, 30)).cells, 30);
  await assert.rejects(int8Agreement({ ...plan, cells: new Int32Array(0) }, 30), /no cells/);
});
