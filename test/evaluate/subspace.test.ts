import { test } from "node:test";
import { principalSubspace } from "../../src/evaluate/subspace.js";
import { near } from "../support/trustFixture.js";

/** Cells on two directions of six genes, at (a, b): their distances are known. */
const points = [
  [1, 1],
  [2, 5],
  [4, 3],
  [6, 2],
  [3, 7],
  [5, 5],
  [7, 1],
];
const bins = points.map(([a, b]) => [a, a, b, 0, 2 * b, 3]);
const store = {
  ...{ cells: points.length, genes: ["A", "B", "C", "D", "E", "F"], geneIds: new Int32Array(6) },
  indptr: Float64Array.from({ length: points.length + 1 }, (_, cell) => 6 * cell),
  gene: Uint16Array.from(bins.flatMap((row) => row.map((_, gene) => gene))),
  bin: Uint8Array.from(bins.flat()),
};

test("in a subspace that holds all of the variance, distances are those of the cells", async () => {
  const fitted = Int32Array.of(0, 1, 2, 3, 4);
  const rows = await principalSubspace(store, fitted, Int32Array.of(5, 6), 2);
  const apart = (i: number, j: number) =>
    Math.hypot(rows[2 * i] - rows[2 * j], rows[2 * i + 1] - rows[2 * j + 1]);
  // Of two cells: 2 (a − a′)² + 5 (b − b′)².
  const own = (i: number, j: number) =>
    Math.sqrt(2 * (points[i][0] - points[j][0]) ** 2 + 5 * (points[i][1] - points[j][1]) ** 2);
  for (let i = 0; i < 7; i++)
    for (let j = 0; j < i; j++) near(apart(i, j) / apart(1, 0), own(i, j) / own(1, 0), 1e-10);
  // Centred by the fitted cells, with a mean variance of 1.
  for (const axis of [0, 1])
    near(
      fitted.reduce((sum, cell) => sum + rows[2 * cell + axis], 0),
      0,
      1e-10,
    );
  near(rows.subarray(0, 10).reduce((sum, value) => sum + value * value, 0) / 10, 1, 1e-10);
});

test("of one component, the one of the largest variance", async () => {
  const fitted = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
  const rows = await principalSubspace(store, fitted, new Int32Array(0), 1);
  // numpy.linalg.svd of the centred bins: the first left singular vector, times √7. The singular values are 12.8 and 7.1:
  // four passes leave (7.1 / 12.8)^8, a hundredth, of the other.
  const expected = [0.892235, -0.838495, 0.192535, 0.774317, -1.670727, -0.639697, 1.289832];
  const sign = Math.sign(rows[0] * expected[0]);
  expected.forEach((value, cell) => {
    near(sign * rows[cell], value, 0.04);
  });
});
