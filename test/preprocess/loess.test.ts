import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loess } from "../../src/preprocess/loess.js";

const { x, y, span, fitted } = JSON.parse(readFileSync("test/fixtures/preprocess/loess.json", "utf8")) as {
  x: number[];
  y: number[];
  span: number;
  fitted: number[];
};

test("loess agrees with scikit-misc to 1e-9 on 9,810 genes", () => {
  const ours = loess(Float64Array.from(x), Float64Array.from(y), span);
  const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - fitted[i])), 0);
  assert.ok(worst < 1e-9, `largest difference ${worst}`);
});

test("loess keeps the order of its input", () => {
  const back = loess(Float64Array.from(x).reverse(), Float64Array.from(y).reverse(), span).reverse();
  const worst = back.reduce((most, value, i) => Math.max(most, Math.abs(value - fitted[i])), 0);
  assert.ok(worst < 1e-9, `largest difference ${worst}`);
});

test("loess of a parabola is the parabola", () => {
  const points = Float64Array.from({ length: 200 }, (_, i) => i / 20 - 5);
  const parabola = points.map((value) => 3 * value * value - value + 2);
  loess(points, parabola).forEach((value, i) => {
    assert.ok(Math.abs(value - parabola[i]) < 1e-2 * Math.max(1, Math.abs(parabola[i])), `at ${points[i]}`);
  });
});

test("loess of equal points is their mean", () => {
  assert.deepEqual(
    [...loess(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 2, 3, 4))],
    [2.5, 2.5, 2.5, 2.5],
  );
});

test("loess of unequal lengths is refused", () => {
  assert.throws(() => loess(Float64Array.of(1, 2), Float64Array.of(1)), /2 and 1 came/);
});
