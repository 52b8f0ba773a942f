import assert from "node:assert/strict";
import { test } from "node:test";
import { stepLearningRate } from "../../src/train/schedule.js";

// torch.optim.lr_scheduler.StepLR(step_size=2, gamma=0.9) on lr 1e-4, stepped after each epoch (PyTorch 2.13).
test("StepLR of PyTorch", () => {
  const rates = [1, 2, 3, 4, 5].map((epoch) => stepLearningRate(1e-4, 0.9, 2, epoch));
  [1e-4, 1e-4, 9e-5, 9e-5, 8.1e-5].forEach((expected, i) => {
    assert.ok(Math.abs(rates[i] - expected) < 1e-12, `epoch ${i + 1}: ${rates[i]}`);
  });
});
