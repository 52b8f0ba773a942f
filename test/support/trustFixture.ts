import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

interface Trust {
  truth: number[];
  logits: number[][];
  newTruth: number[];
  newLogits: number[][];
  alpha: number;
  temperature: number;
  loss: number;
  calibrationError: number;
  setsByClass: number[][];
  setsMarginal: number[][];
}

const read: Trust = JSON.parse(readFileSync("test/fixtures/evaluate/trust.json", "utf8"));

/** Logits of 200 cells and of 60 others, and what scipy, torchmetrics and crepes say of them. */
export const trust = {
  ...read,
  classes: read.logits[0].length,
  logits: Float32Array.from(read.logits.flat()),
  newLogits: Float32Array.from(read.newLogits.flat()),
};

export function near(actual: number, expected: number, most: number): void {
  assert.ok(Math.abs(actual - expected) <= most, `${actual}, expected ${expected}`);
}
