import assert from "node:assert/strict";
import { test } from "node:test";
import { assembleBatch, bucketBatches } from "../../src/tokenize/batches.js";
import type { TokenStore } from "../../src/tokenize/tokens.js";

/** Cell i has (i × 7) mod 23 tokens: genes 0, 1, …, bins gene + 1. */
function store(cells: number): TokenStore {
  const indptr = new Float64Array(cells + 1);
  const gene: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    for (let j = 0; j < (cell * 7) % 23; j++) gene.push(j);
    indptr[cell + 1] = gene.length;
  }
  const genes = Array.from({ length: 23 }, (_, j) => `G${j}`);
  return {
    cells,
    genes,
    geneIds: Int32Array.from(genes.keys()),
    indptr,
    gene: Uint16Array.from(gene),
    bin: Uint8Array.from(gene, (j) => j + 1),
  };
}

const options = { maxSeqLen: 100, padValue: -2, seed: 0 };

test("cells stand side by side, <cls> first, padded to the longest", () => {
  const batch = assembleBatch(store(5), [1, 4, 0], options); // 7, 5 and 0 genes
  assert.equal(batch.length, 8);
  assert.deepEqual([...batch.cells], [1, 4, 0]);
  assert.deepEqual([...batch.genes.subarray(0, 8)], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...batch.values.subarray(0, 8)], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([...batch.genes.subarray(8, 16)], [1, 2, 3, 4, 5, 6, 0, 0]);
  assert.deepEqual([...batch.values.subarray(8, 16)], [0, 1, 2, 3, 4, 5, -2, -2]);
  assert.deepEqual([...batch.genes.subarray(16)], [1, 0, 0, 0, 0, 0, 0, 0]);
});

test("zero-shot embedding gives <cls> the padding value", () => {
  assert.equal(assembleBatch(store(2), [1], { ...options, clsValue: -2 }).values[0], -2);
});

test("of a long cell, genes are drawn evenly, anew each epoch, whatever the batch", () => {
  const long = store(4); // cell 3 has 21 genes
  const drawn = (epoch: number, cells = [3]) => {
    const batch = assembleBatch(long, cells, { ...options, maxSeqLen: 8, epoch });
    return [...batch.genes.subarray(batch.genes.length - 8)];
  };
  const times = new Int32Array(21);
  for (let epoch = 0; epoch < 3000; epoch++) {
    const [cls, ...genes] = drawn(epoch);
    assert.equal(cls, 1);
    assert.equal(new Set(genes).size, 7);
    for (const gene of genes) times[gene - 2]++;
  }
  for (const n of times) assert.ok(Math.abs(n - 1000) < 150, `${n} of 1000`);
  assert.deepEqual(drawn(5), drawn(5, [0, 1, 3]));
});

test("an epoch has every cell once, in batches of like length, repeatably", () => {
  const many = store(10_000);
  const cells = Int32Array.from({ length: 9_990 }, (_, i) => i + 10);
  const bucket = (seed: number, epoch: number) =>
    bucketBatches(many, cells, { batchSize: 32, maxSeqLen: 100, seed, epoch });
  const batches = bucket(0, 1);
  assert.deepEqual(
    batches.flatMap((batch) => [...batch]).sort((a, b) => a - b),
    [...cells],
  );
  assert.equal(batches.filter((batch) => batch.length !== 32).length, 1);
  assert.deepEqual(bucket(0, 1), batches);
  assert.notDeepEqual(bucket(0, 2), batches);
  assert.notDeepEqual(bucket(1, 1), batches);
  const spread = batches.map((batch) => {
    const lengths = Array.from(batch, (cell) => (cell * 7) % 23);
    return Math.max(...lengths) - Math.min(...lengths);
  });
  assert.ok(spread.reduce((sum, value) => sum + value, 0) / spread.length < 2);
  // Sorted within a window, lengths would fall only where a window ends.
  const middle = batches.map((batch) => (batch[batch.length >> 1] * 7) % 23);
  const falls = middle.slice(1).filter((length, i) => length < middle[i]).length;
  assert.ok(falls > batches.length / 4, "the batches are shuffled");
});

test("senseless options are named", () => {
  assert.throws(() => assembleBatch(store(2), [1], { ...options, maxSeqLen: 1 }), {
    ...{ code: "option", message: /maxSeqLen is 1/ },
  });
  assert.throws(
    () => bucketBatches(store(2), [1], { batchSize: 0, maxSeqLen: 9, seed: 0, epoch: 0 }),
    /batchSize is 0/,
  );
});
