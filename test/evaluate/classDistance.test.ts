import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { classDistances, classPlaces } from "../../src/evaluate/classDistance.js";
import { shrunkCovariance } from "../../src/evaluate/shrunkCovariance.js";
import { near } from "../support/trustFixture.js";

/** Written by test/fixtures/evaluate/make_unlike.py with scikit-learn and scipy. */
const fixture: Record<"labels" | "cells" | "others" | "centred" | "covariance" | "distances", number[]> & {
  columns: number;
  shrinkage: number;
} = JSON.parse(readFileSync("test/fixtures/evaluate/unlike.json", "utf8"));
const { columns, labels } = fixture;
const [cells, others] = [Float32Array.from(fixture.cells), Float32Array.from(fixture.others)];

test("the covariance is scikit-learn's ledoit_wolf", () => {
  const { covariance, shrinkage } = shrunkCovariance(Float64Array.from(fixture.centred), columns);
  near(shrinkage, fixture.shrinkage, 1e-7);
  covariance.forEach((value, at) => {
    near(value, fixture.covariance[at], 1e-7);
  });
});

test("a cell's distance is scipy's to the nearest class, whatever cells are given with it", () => {
  const places = classPlaces(cells, columns, labels)!;
  const distances = classDistances(others, columns, places);
  distances.forEach((distance, cell) => {
    near(distance, fixture.distances[cell], 1e-5);
    const alone = others.slice(cell * columns, (cell + 1) * columns);
    assert.equal(classDistances(alone, columns, places)[0], distance);
  });
});

test("cells that don't differ, or are no numbers, give no distances", () => {
  assert.equal(classPlaces(new Float32Array(12).fill(2), columns, [0, 1]), undefined);
  assert.equal(classPlaces(Float32Array.from(cells).fill(Number.NaN, 3, 4), columns, labels), undefined);
});
