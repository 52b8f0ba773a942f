import { test } from "node:test";
import { coordinates, principalSubspace } from "../../src/evaluate/subspace.js";
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
  const subspace = await principalSubspace(store, fitted, 2);
  const rows = coordinates(subspace, store, Int32Array.of(0, 1, 2, 3, 4, 5, 6));
  const apart = (i: number, j: number) =>
    Math.hypot(rows[2 * i] - rows[2 * j], rows[2 * i + 1] - rows[2 * j + 1]);
  // Of two cells: 2 (a − a′)² + 5 (b − b′)².
  const own = (i: number, j: number) =>
    Math.sqrt(2 * (points[i][0] - points[j][0]) ** 2 + 5 * (points[i][1] - points[j][1]) ** 2);
  for (let i = 0; i < 7; i++)
    for (let j = 0; j < i; j++) near(apart(i, j) / apart(1, 0), own(i, j) / own(1, 0), 1e-6);
  // Centred by the fitted cells, with a mean variance of 1.
  for (const axis of [0, 1])
    near(
      fitted.reduce((sum, cell) => sum + rows[2 * cell + axis], 0),
      0,
      1e-6,
    );
  near(rows.subarray(0, 10).reduce((sum, value) => sum + value * value, 0) / 10, 1, 1e-6);
});

test("of a gene that a store lacks, each cell has the mean", async () => {
  const fitted = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
  const subspace = await principalSubspace(store, fitted, 2);
  // Without C: its bins are taken away, in another order of the others.
  const order = [5, 0, 1, 3, 4];
  const without = {
    ...{ cells: 1, genes: order.map((gene) => store.genes[gene]), geneIds: new Int32Array(5) },
    indptr: Float64Array.of(0, 5),
    gene: Uint16Array.of(0, 1, 2, 3, 4),
    bin: Uint8Array.from(order, (gene) => bins[0][gene]),
  };
  const filled = { ...store, bin: Uint8Array.from(store.bin) };
  const mean = points.reduce((sum, [, b]) => sum + b, 0) / 7;
  // 24 / 7 is no bin: between its neighbours by the share.
  const [below, above] = [3, 4].map((value) => {
    filled.bin[2] = value;
    return coordinates(subspace, filled, Int32Array.of(0));
  });
  coordinates(subspace, without, Int32Array.of(0)).forEach((value, axis) => {
    near(value, below[axis] + (mean - 3) * (above[axis] - below[axis]), 1e-6);
  });
});

test("of one component, the one of the largest variance", async () => {
  const fitted = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
  const rows = coordinates(await principalSubspace(store, fitted, 1), store, fitted);
  // numpy.linalg.svd of the centred bins: the first left singular vector, times √7. The singular values are 12.8 and 7.1:
  // four passes leave (7.1 / 12.8)^8, a hundredth, of the other.
  const expected = [0.892235, -0.838495, 0.192535, 0.774317, -1.670727, -0.639697, 1.289832];
  const sign = Math.sign(rows[0] * expected[0]);
  expected.forEach((value, cell) => {
    near(sign * rows[cell], value, 0.04);
  });
});
