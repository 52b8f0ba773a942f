import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readTorch } from "../../src/checkpoint/torch.js";
import { writeTorch } from "../../src/checkpoint/torchWrite.js";
import { balancedClassWeights } from "../../src/train/classWeights.js";
import { learningRate } from "../../src/train/schedule.js";

const python = (script: string, ...args: string[]) =>
  JSON.parse(execFileSync(".venv-peers/bin/python", ["-c", script, ...args], { encoding: "utf8" }));

test("torch.load opens what we write, also memory-mapped, with the values that it wrote itself", () => {
  const original = "test/fixtures/model/continuous/best_model.pt";
  const ours = join(mkdtempSync(join(tmpdir(), "torch-peer-")), "best_model.pt");
  writeTorch(ours, readTorch(original).set("scalar", { shape: [], data: Float32Array.of(7) }));
  const script = `
import json, sys, torch
theirs = torch.load(sys.argv[1], weights_only=True)
found = []
for mmap in (False, True):
    ours = torch.load(sys.argv[2], weights_only=True, mmap=mmap)
    same = all(torch.equal(ours[k], v) and ours[k].dtype == v.dtype for k, v in theirs.items())
    found.append([len(ours), same, list(ours)[:-1] == list(theirs), ours["scalar"].shape == (), ours["scalar"].item()])
print(json.dumps(found))`;
  assert.deepEqual(python(script, original, ours), [
    [50, true, true, true, 7],
    [50, true, true, true, 7],
  ]);
});

test("StepLR as PyTorch steps it once an epoch", () => {
  const script = `
import json, torch
optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1e-4)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.9)
rates = []
for epoch in range(10):
    rates.append(optimizer.param_groups[0]["lr"]); optimizer.step(); schedule.step()
print(json.dumps(rates))`;
  const rates: number[] = python(script);
  rates.forEach((rate, i) => {
    assert.ok(
      Math.abs(learningRate({ lr: 1e-4, scheduleRatio: 0.9, scheduleInterval: 3 }, i, i + 1, 9) - rate) <
        1e-15,
      `epoch ${i + 1}`,
    );
  });
});

test("class weights as scikit-learn's compute_class_weight", () => {
  const labels = [0, 0, 0, 0, 1, 2, 2, 3, 3, 3, 3, 3];
  const script = `
import json, sys, numpy
from sklearn.utils.class_weight import compute_class_weight
y = numpy.array(json.loads(sys.argv[1]))
print(json.dumps(list(compute_class_weight("balanced", classes=numpy.unique(y), y=y))))`;
  const expected: number[] = python(script, JSON.stringify(labels));
  assert.deepEqual([...balancedClassWeights(labels, 4)], expected.map(Math.fround));
});
