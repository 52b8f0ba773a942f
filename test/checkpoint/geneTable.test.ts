import assert from "node:assert/strict";
import { test } from "node:test";
import { cutGeneTable, GENE_TABLE, restoreGeneTable } from "../../src/checkpoint/geneTable.js";

const whole = { shape: [4, 2], data: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31) };
const other = { shape: [1], data: Float32Array.of(5) };
const weights = new Map([
  [GENE_TABLE, whole],
  ["other", other],
]);

test("the cut table holds the rows asked for, in that order; other weights are the same objects", () => {
  const cut = cutGeneTable(weights, [3, 0]);
  assert.deepEqual(cut.get(GENE_TABLE), { shape: [2, 2], data: Float32Array.of(30, 31, 0, 1) });
  assert.equal(cut.get("other"), other);
});

test("trained rows go back to their places; the rest of the table stays, the original too", () => {
  const cut = cutGeneTable(weights, [3, 0]);
  cut.get(GENE_TABLE)!.data.set([-30, -31, -0.5, -1]);
  const restored = restoreGeneTable(cut, [3, 0], whole);
  assert.deepEqual([...restored.get(GENE_TABLE)!.data], [-0.5, -1, 10, 11, 20, 21, -30, -31]);
  assert.equal(whole.data[0], 0);
});

test("an id outside the table, and weights without a table, are named", () => {
  assert.throws(() => cutGeneTable(weights, [4]), /vocabulary id 4 lies outside the gene table of 4 rows/);
  assert.throws(
    () => cutGeneTable(new Map([["other", other]]), [0]),
    /no gene table \(encoder\.embedding\.weight\)/,
  );
});
