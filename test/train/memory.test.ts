import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelArgs } from "../../src/model/args.js";
import { forecastMemory, type Learning, planMemory } from "../../src/train/memory.js";
import type { Freeze } from "../../src/train/plan.js";
import { smallSpec } from "../support/smallModel.js";

const args: ModelArgs = {
  ...smallSpec().args,
  embsize: 512,
  nheads: 8,
  d_hid: 512,
  nlayers: 12,
  n_layers_cls: 3,
};
const size = { genes: 5003, classes: 10 };

test("the forecast is within 15 % of measured peaks of the full-size model", () => {
  // Peak resident memory of training processes (two steps, dropout 0.2), as the operating system reported it.
  const measured = [
    { cells: 8, length: 600, megabytes: 2172 },
    { cells: 4, length: 1501, megabytes: 2465 },
    { cells: 1, length: 5001, megabytes: 2487 },
    { cells: 1, length: 600, megabytes: 1102 },
    { cells: 1, length: 2501, megabytes: 1693 },
  ];
  for (const { cells, length, megabytes } of measured) {
    const ratio = forecastMemory(args, size, cells, length) / 1e6 / megabytes;
    assert.ok(Math.abs(ratio - 1) < 0.15, `${cells} × ${length}: ${ratio.toFixed(3)} of what was measured`);
  }
});

test("adapters of rank 8 beside a frozen model need what was measured of them", () => {
  const lora = { rank: 8, alpha: 8, targets: ["in_proj" as const] };
  const measured = [
    { cells: 1, length: 64, megabytes: 344 },
    { cells: 4, length: 256, megabytes: 533 },
    { cells: 8, length: 600, megabytes: 1294 },
  ];
  for (const { cells, length, megabytes } of measured) {
    const ratio = forecastMemory(args, size, cells, length, [], { freeze: "base", lora }) / 1e6 / megabytes;
    assert.ok(Math.abs(ratio - 1) < 0.15, `${cells} × ${length}: ${ratio.toFixed(3)} of what was measured`);
  }
  // Where less learns, less is needed, and more cells fit.
  const needs = (freeze: Freeze) => forecastMemory(args, size, 8, 600, [], { freeze });
  assert.ok(needs("backbone") < needs({ lastLayers: 2 }) && needs({ lastLayers: 2 }) < needs("nothing"));
  const fits = (learning?: Learning) => planMemory(args, size, 32, 1501, [], 4e9, learning).microBatch;
  assert.ok(fits({ freeze: "base", lora }) > fits(), `${fits({ freeze: "base", lora })}, ${fits()}`);
});

test("the batch is divided until it fits, and the user is told", () => {
  const whole = planMemory(args, size, 32, 1501, [], 64e9);
  assert.equal(whole.microBatch, 32);
  const pieces = planMemory(args, size, 32, 1501, [], 8e9);
  assert.ok(pieces.microBatch < 32 && pieces.bytes <= 8e9);
  assert.match(
    pieces.why,
    /32 cells is added up from pieces of \d+, to fit into memory: about [\d.]+ GB of 8\.0 GB free/,
  );
});

test("what can't fit is refused before it starts, with the length that would fit", () => {
  assert.throws(
    () => planMemory(args, size, 32, 5001, [], 2e9),
    /One cell of 5001 tokens needs about 2\.\d GB to train this model; 1\.8 GB can be used\. Cells of up to (\d+) tokens would fit/,
  );
});
