import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRate, type Schedule } from "../../src/train/schedule.js";

// All expected rates: PyTorch 2.13, torch.optim.lr_scheduler, printed before each step.
const same = (expected: number[], schedule: Schedule, stepsAnEpoch: number) =>
  expected.forEach((rate, step) => {
    const ours = learningRate(schedule, step, 1 + Math.floor(step / stepsAnEpoch), expected.length);
    assert.ok(Math.abs(ours - rate) < 1e-15, `step ${step}: ${ours} for ${rate}`);
  });

test("StepLR(2 epochs, 0.9)", () => {
  same([1e-4, 1e-4, 9e-5, 9e-5, 8.1e-5], { lr: 1e-4, scheduleRatio: 0.9, scheduleInterval: 2 }, 1);
});

test("ChainedScheduler of LinearLR(1/4, 1, 3) and StepLR(2 epochs of 3 steps, 0.5)", () => {
  same(
    [0.00025, 0.0005, 0.00075, 0.001, 0.001, 0.001, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005],
    { lr: 1e-3, scheduleRatio: 0.5, scheduleInterval: 2, warmupSteps: 4 },
    3,
  );
});

const cosine = { lr: 1e-3, schedule: "cosine", scheduleRatio: 0.9, scheduleInterval: 1 } as const;

test("CosineAnnealingLR(12)", () => {
  const expected = [
    ...[0.001, 0.0009829629131445341, 0.0009330127018922195, 0.0008535533905932737, 0.00075],
    ...[0.0006294095225512604, 0.0005, 0.0003705904774487397, 0.0002500000000000001],
    ...[0.00014644660940672628, 6.698729810778065e-5, 1.70370868554659e-5],
  ];
  same(expected, cosine, 3);
});

test("SequentialLR of LinearLR(1/4, 1, 3) and CosineAnnealingLR(8) from step 4", () => {
  const expected = [
    ...[0.00025, 0.0005, 0.00075, 0.001, 0.001, 0.0009619397662556434, 0.0008535533905932738],
    ...[0.0006913417161825451, 0.0005, 0.0003086582838174552, 0.0001464466094067263, 3.8060233744356646e-5],
  ];
  same(expected, { ...cosine, warmupSteps: 4 }, 3);
});
