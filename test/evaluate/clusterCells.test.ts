import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterCells } from "../../src/evaluate/clusterCells.js";
import { Random } from "../../src/support/random.js";

/** Cells around centres that are ten standard deviations apart, dealt out in turn as `sizes` has it. */
function blobs(sizes: number[], columns: number): { values: Float32Array; truth: number[] } {
  const random = new Random(5);
  const truth = sizes.flatMap((size, blob) => Array.from({ length: size }, () => blob));
  random.shuffle(truth);
  const values = Float32Array.from({ length: truth.length * columns }, (_, i) => {
    const centre = i % columns === truth[Math.floor(i / columns)] ? 10 : 0;
    // A sum of uniform numbers is near a normal one.
    return centre + Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b) - 6;
  });
  return { values, truth };
}

test("clouds of cells that lie apart are a cluster each, the largest first, for any number of threads", async () => {
  const { values, truth } = blobs([40, 90, 60], 8);
  const found = await clusterCells(values, 8, { threads: 1 });
  const bySize = [2, 0, 1];
  assert.deepEqual(
    [...found],
    truth.map((blob) => bySize[blob]),
  );
  assert.deepEqual(await clusterCells(values, 8, { threads: 2 }), found);
});

test("one cell is a cluster, and none are none", async () => {
  assert.deepEqual([...(await clusterCells(Float32Array.of(1, 2), 2))], [0]);
  assert.deepEqual([...(await clusterCells(new Float32Array(0), 2))], []);
});
