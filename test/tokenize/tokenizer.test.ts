import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../src/support/random.js";
import { Tokenizer } from "../../src/tokenize/tokenizer.js";
import type { TokenStore } from "../../src/tokenize/tokens.js";
import { denseMatrix } from "../preprocess/matrix.js";

const GENES = 40;
const random = new Random(11);
/** Counts with many ties, so that nearly every bin is drawn. */
const cells = Array.from({ length: 30 }, () =>
  Array.from({ length: GENES }, () => Math.max(0, random.below(6) - 2)),
);
const genes = Array.from({ length: GENES }, (_, i) => `G${i}`);

/** @param columns gene of each column of the matrix; −1 for a gene that is none of the model's */
function tokens(
  rows: number[][],
  columns: number[],
  seed = 0,
  Kind: typeof Float32Array | typeof Float64Array = Float32Array,
): TokenStore {
  const tokenizer = new Tokenizer({
    ...{
      genes,
      geneIds: Int32Array.from(genes.keys()),
      target: Int32Array.from(columns, (g) => (g < 0 ? -2 : g)),
    },
    ...{
      targetSum: 1e4,
      nBins: 51,
      includeZeroGene: false,
      seed,
      cells: rows.length,
      tokens: rows.length * GENES,
    },
  });
  for (const block of denseMatrix(rows, Kind).blocks()) tokenizer.add(block);
  return tokenizer.store();
}

const cell = ({ indptr, gene, bin }: TokenStore, i: number) =>
  Array.from({ length: indptr[i + 1] - indptr[i] }, (_, k) => [gene[indptr[i] + k], bin[indptr[i] + k]]);

const inOrder = genes.map((_, i) => i);
const reference = tokens(cells, inOrder);

test("a cell's bins are the same at any row, beside any cells", () => {
  const moved = cells.map((_, i) => cells[(i * 7 + 3) % 30]);
  const there = tokens(moved, inOrder);
  moved.forEach((_, i) => {
    assert.deepEqual(cell(there, i), cell(reference, (i * 7 + 3) % 30));
  });
  assert.deepEqual(cell(tokens([cells[5]], inOrder), 0), cell(reference, 5));
});

test("… whatever the order of the columns, and whatever other columns the file has", () => {
  const columns = [...inOrder.map((i) => (i * 13) % GENES), -1, -1];
  const turned = cells.map((row) => [...columns.slice(0, GENES).map((g) => row[g]), 900, 7]);
  const there = tokens(turned, columns);
  cells.forEach((_, i) => {
    assert.deepEqual(cell(there, i), cell(reference, i));
  });
});

test("another seed draws other bins; the same counts in double precision draw the same", () => {
  assert.notDeepEqual(tokens(cells, inOrder, 1).bin, reference.bin);
  assert.deepEqual(tokens(cells, inOrder, 0, Float64Array).bin, reference.bin);
});
