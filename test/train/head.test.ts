import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterShapes } from "../../src/model/parameters.js";
import { Random } from "../../src/support/random.js";
import { bucketBatches } from "../../src/tokenize/batches.js";
import { isFrozen } from "../../src/train/frozen.js";
import { initialWeights } from "../../src/train/initialise.js";
import { TrainingJob } from "../../src/train/job.js";
import type { TrainingPlan } from "../../src/train/plan.js";
import { TokenSource } from "../../src/train/source.js";
import { Trainer } from "../../src/train/trainer.js";
import { simulatedTokens, tinyArgs } from "../support/tokens.js";

const classes = 3;
const { tokens, labels } = simulatedTokens(90, 40, classes);
const args = { ...tinyArgs, dropout: 0 };
const spec = { args, genes: tokens.genes.length + 2, classes };
const random = new Random(7);
const weights = initialWeights(parameterShapes(args, spec), () => random.uniform());
const plan: TrainingPlan = {
  ...{ args, classes, tokens, labels, weights, freeze: "backbone", seed: 3, device: "cpu", threads: 1 },
  train: Int32Array.from({ length: 70 }, (_, i) => i),
  validation: Int32Array.from({ length: 20 }, (_, i) => 70 + i),
  ...{ epochs: 2, batchSize: 16, microBatch: 16, maxSeqLen: 41 },
  ...{ lr: 3e-3, scheduleRatio: 1, scheduleInterval: 1 },
};

test("a class decoder trained on embeddings computed once is the one trained through the frozen model", async () => {
  let kept = { loss: Number.POSITIVE_INFINITY, epoch: 0 };
  const validated: number[] = [];
  const result = await new TrainingJob(plan, (event) => {
    if (event.kind !== "epoch") return;
    validated.push(event.validationLoss);
    if (event.validationLoss < kept.loss) kept = { loss: event.validationLoss, epoch: event.epoch };
  }).result;
  assert.equal(validated.length, 2);
  assert.equal(result.bestEpoch, kept.epoch);

  const source = new TokenSource(plan, spec, "cpu");
  const frozen = (name: string) => isFrozen("backbone", name, 2);
  const trainer = await Trainer.create(spec, weights, { device: "cpu", seed: 3, frozen });
  for (let epoch = 1; epoch <= kept.epoch; epoch++)
    for (const cells of bucketBatches(tokens, plan.train, { batchSize: 16, maxSeqLen: 41, seed: 3, epoch }))
      await trainer.step(source.micro(cells, epoch), plan.lr);
  const through = trainer.weights();
  await trainer.release();

  for (const [name, { data }] of result.weights) {
    const theirs = through.get(name)!.data;
    const largest = data.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    data.forEach((x, i) => {
      assert.ok(Math.abs(x - theirs[i]) <= 1e-4 * largest, `${name}[${i}]: ${x} beside ${theirs[i]}`);
    });
  }
});
