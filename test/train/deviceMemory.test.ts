import assert from "node:assert/strict";
import { test } from "node:test";
import { forecastDeviceMemory, planDeviceMemory } from "../../src/train/deviceMemory.js";
import { smallSpec } from "../support/smallModel.js";

const { args } = smallSpec({ embsize: 512, nheads: 8, d_hid: 512, nlayers: 12, n_layers_cls: 3 });
const size = { genes: 3002, classes: 10 };

test("the forecast is within 10 % of what an H200's driver reported, with kernels", () => {
  // bench/results/2026-11-27-h200-4.jsonl
  const measured = [
    { cells: 8, length: 600, gigabytes: 2.1 },
    { cells: 8, length: 1501, gigabytes: 2.64 },
    { cells: 32, length: 600, gigabytes: 3.31 },
    { cells: 32, length: 1501, gigabytes: 5.7 },
  ];
  for (const { cells, length, gigabytes } of measured) {
    const ratio = forecastDeviceMemory(args, size, cells, length, "kernels") / 1e9 / gigabytes;
    assert.ok(Math.abs(ratio - 1) < 0.1, `${cells} × ${length}: ${ratio.toFixed(3)} of what was measured`);
  }
});

test("the forecast of float32 does not fall short of it", () => {
  // bench/results/2026-11-27-h200-1.jsonl
  for (const { cells, length, gigabytes } of [
    { cells: 8, length: 600, gigabytes: 3.47 },
    { cells: 32, length: 1501, gigabytes: 38.9 },
  ]) {
    const ratio = forecastDeviceMemory(args, size, cells, length, "batch") / 1e9 / gigabytes;
    assert.ok(ratio > 0.95 && ratio < 1.25, `${cells} × ${length}: ${ratio.toFixed(3)} of what was measured`);
  }
});

test("the paper's batch of 32 cells of 1,501 tokens fits a card of 16 GB at once with kernels, in pieces without", () => {
  const whole = planDeviceMemory(args, size, 32, 1501, 15e9, true);
  assert.deepEqual([whole.form, whole.microBatch], ["kernels", 32]);
  assert.match(
    whole.why,
    /^The GPU takes each step's 32 cells at once: about \d\.\d GB of the GPU's 15\.0 GB free\.$/,
  );
  const pieces = planDeviceMemory(args, size, 32, 1501, 15e9, false);
  assert.ok(pieces.microBatch < 32 || pieces.form === "heads");
  assert.ok(forecastDeviceMemory(args, size, pieces.microBatch, 1501, pieces.form) < 15e9);
});

test("what can't fit is refused before it starts, with what to do", () => {
  assert.throws(
    () => planDeviceMemory(args, size, 32, 20000, 4e9, false),
    /^CellkernelError: One cell of 20000 tokens needs about \d+\.\d GB of the GPU's memory to train this model; 3\.6 GB can be used\. Set maxSeqLen lower/,
  );
});
