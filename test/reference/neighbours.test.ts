import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ExactSearch } from "../../src/reference/exactSearch.js";
import { nearestOthers } from "../../src/reference/nearestOthers.js";
import type { Neighbours } from "../../src/reference/neighbours.js";
import { vote } from "../../src/reference/vote.js";
import { Random } from "../../src/support/random.js";
import { near } from "../support/trustFixture.js";

const cells: { features: number[][]; labels: number[] } = JSON.parse(
  readFileSync("test/fixtures/evaluate/baselines.json", "utf8"),
);
interface Said {
  labels: number[];
  shares: number[];
}
/** Written by test/fixtures/reference/make.py with scikit-learn and faiss. */
const expected: Record<"uniform" | "distance" | "share", Said> & {
  train: number;
  new: number;
  k: number;
  rows: number[][];
  faiss: number[][];
  distances: number[][];
} = JSON.parse(readFileSync("test/fixtures/reference/neighbours.json", "utf8"));
const width = cells.features[0].length;
const flat = (rows: number[][]) => Float32Array.from(rows.flat());

async function nearest(vectors: Float32Array, queries: Float32Array, k: number, columns: number) {
  const search = await ExactSearch.open(vectors, columns, 2);
  try {
    return await search.nearest(queries, k);
  } finally {
    await search.release();
  }
}

test("neighbours, distances and votes are scikit-learn's and faiss's", async () => {
  const { train, new: queries, k } = expected;
  const found = await nearest(
    flat(cells.features.slice(0, train)),
    flat(cells.features.slice(train, train + queries)),
    k,
    width,
  );
  assert.deepEqual(Array.from(found.rows), expected.rows.flat());
  assert.deepEqual(Array.from(found.rows), expected.faiss.flat());
  expected.distances.flat().forEach((distance, i) => {
    near(found.distances[i], distance, 2e-6);
  });
  const labels = Int32Array.from(cells.labels.slice(0, train));
  const counts = Array.from({ length: 1 + Math.max(...cells.labels) }, (_, label) =>
    labels.reduce((sum, own) => sum + (own === label ? 1 : 0), 0),
  );
  for (const [how, said] of [
    ["majority", expected.uniform],
    ["distance", expected.distance],
    ["share", expected.share],
  ] as const) {
    const { codes, shares } = vote(found, labels, counts, how);
    assert.deepEqual(Array.from(codes), said.labels, how);
    said.shares.forEach((share, i) => {
      near(shares[i], share, 2e-7);
    });
  }
});

test("a search over several blocks of vectors and queries finds what a plain comparison does, of equals the first", async () => {
  const random = new Random(3);
  // On a grid, so that many are equally near.
  const draw = (rows: number) => Float32Array.from({ length: rows * 4 }, () => random.below(12));
  const [vectors, queries] = [draw(20_000), draw(600)];
  const k = 7;
  const { rows, distances } = await nearest(vectors, queries, k, 4);
  for (const query of [0, 1, 511, 512, 599]) {
    const squared = Float64Array.from({ length: 20_000 }, (_, row) => {
      let sum = 0;
      for (let j = 0; j < 4; j++) sum += (vectors[4 * row + j] - queries[4 * query + j]) ** 2;
      return sum;
    });
    const order = [...squared.keys()].sort((a, b) => squared[a] - squared[b] || a - b).slice(0, k);
    const own = (array: ArrayLike<number>) => Array.from(array).slice(query * k, (query + 1) * k);
    assert.deepEqual(own(rows), order);
    assert.deepEqual(
      own(distances),
      order.map((row) => Math.sqrt(squared[row])),
    );
  }
});

test("a neighbour at distance 0 decides alone; a query without neighbours gets no label", () => {
  const found: Neighbours = {
    k: 3,
    rows: Int32Array.of(0, 1, 2, -1, -1, -1),
    distances: Float64Array.of(0, 0.1, 0.1, ...new Array(3).fill(Number.POSITIVE_INFINITY)),
  };
  const { codes, shares } = vote(found, Int32Array.of(1, 0, 0), [2, 1], "distance");
  assert.deepEqual([...codes], [1, -1]);
  assert.deepEqual([...shares], [1, 0]);
});

test("of many vectors, hardly one of the nearest others is missed, and none is its own neighbour", async () => {
  const random = new Random(5);
  const [count, columns, k] = [21_000, 4, 5];
  const vectors = Float32Array.from({ length: count * columns }, () => random.uniform());
  const { rows, distances } = await nearestOthers(vectors, columns, k, 2);
  let found = 0;
  for (let query = 0; query < count; query += 500) {
    const squared = Float64Array.from({ length: count }, (_, row) => {
      let sum = 0;
      for (let j = 0; j < columns; j++)
        sum += (vectors[columns * row + j] - vectors[columns * query + j]) ** 2;
      return row === query ? Number.POSITIVE_INFINITY : sum;
    });
    const order = Int32Array.from(squared.keys()).sort((a, b) => squared[a] - squared[b]);
    const own = rows.subarray(query * k, (query + 1) * k);
    for (let i = 0; i < k; i++) {
      if (own.includes(order[i])) found++;
      assert.equal(distances[query * k + i], Math.sqrt(squared[own[i]]));
    }
  }
  assert.ok(found >= 0.98 * 42 * k, `${found} of ${42 * k}`);
});
