import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingRecord } from "../../src/protocol/trainingRecord.js";
import type { StepEvent } from "../../src/train/plan.js";

const step = (n: number, change: Partial<StepEvent> = {}): StepEvent => ({
  kind: "step",
  ...{
    step: n,
    epoch: n > 4 ? 2 : 1,
    loss: 1 / n,
    error: 0.5,
    gradNorm: 1,
    learningRate: 1e-4,
    skipped: false,
  },
  ...{ seconds: 2, tokens: 100, tokensLeft: 800 - 100 * n },
  ...change,
});
const epoch = (n: number, validationLoss: number) => ({
  kind: "epoch" as const,
  ...{
    epoch: n,
    step: 4 * n,
    trainLoss: 1,
    trainError: 0.5,
    validationLoss,
    validationError: 0.25,
    learningRate: 1e-4,
  },
});

test("the rest is forecast by tokens, from the third step on", () => {
  const record = new TrainingRecord("run", 8, 2);
  record.add(step(1, { seconds: 60 }));
  assert.equal(record.progress().secondsLeft, null);
  assert.equal(record.add(step(2)), false);
  assert.equal(record.add(step(3)), true);
  // 500 of 800 tokens are left, at 2 s a hundred; the first step, which takes longer, has no say.
  assert.equal(record.progress().secondsLeft, 10);
  assert.equal(record.progress().message, "about 10 s to go for 2 epochs of 4 steps");
});

test("the best epoch is that of the lowest validation loss", () => {
  const record = new TrainingRecord("run", 8, 2);
  assert.equal(record.add(epoch(1, 0.5)), true);
  record.add(epoch(2, 0.75));
  const { bestEpoch, history, message } = record.progress();
  assert.deepEqual([bestEpoch, history.length], [1, 2]);
  assert.equal(message, "epoch 2 of 2: training loss 1.0000, validation loss 0.7500, 25.0 % wrong");
});

test("steps that were left out are counted and said, to the end", () => {
  const record = new TrainingRecord("run", 8, 2);
  assert.equal(record.add(step(1, { skipped: true })), true);
  assert.equal(record.progress().message, "step 1: the gradient is not finite; 1 steps left out so far");
  record.finish({
    weights: new Map(),
    bestEpoch: 2,
    stopped: true,
    early: false,
    steps: 5,
    skippedSteps: 1,
    amp: false,
  });
  const { state, message, secondsLeft } = record.progress();
  assert.deepEqual([state, secondsLeft], ["stopped", 0]);
  assert.equal(
    message,
    "stopped after 5 steps: the weights of epoch 2 are kept; 1 steps were left out, their gradients were not finite",
  );
});
