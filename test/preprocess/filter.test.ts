import assert from "node:assert/strict";
import { test } from "node:test";
import { filterCells } from "../../src/preprocess/filterCells.js";
import { filterGenes } from "../../src/preprocess/filterGenes.js";
import { mapBlocks, takeColumns } from "../../src/preprocess/lazy.js";
import { expected } from "./expected.js";
import { counts559, denseMatrix } from "./matrix.js";

test("genes with 20 counts, then cells with 2,500 of the rest: scanpy's", async () => {
  const { matrix, cells, genes } = await counts559();
  const keptGenes = filterGenes(matrix, { minCounts: 20 });
  let columns = 0;
  const target = Int32Array.from(keptGenes, (kept) => (kept === 1 ? columns++ : -1));
  const rest = mapBlocks(matrix, (block) => takeColumns(block, target, columns), columns);
  const keptCells = filterCells(rest, { minCounts: 2500 });
  const after = expected.filter_genes_min_counts_20_then_cells_min_counts_2500;
  assert.deepEqual([keptCells.reduce((sum, kept) => sum + kept, 0), columns], after.shape);
  assert.deepEqual(genes.filter((_, gene) => keptGenes[gene] === 1).slice(0, 5), after.genes_head);
  assert.deepEqual(cells.filter((_, cell) => keptCells[cell] === 1).slice(0, 5), after.cells_head);
});

test("limits on cells and genes hold together", () => {
  const matrix = denseMatrix([
    [9, 0, 0],
    [1, 1, 1],
    [4, 4, 4],
  ]);
  assert.deepEqual([...filterCells(matrix, { minCounts: 5, minGenes: 2 })], [0, 0, 1]);
  assert.deepEqual([...filterGenes(matrix, { minCells: 3 })], [1, 0, 0]);
  assert.deepEqual([...filterGenes(matrix, {})], [1, 1, 1]);
});

test("the most that a cell or gene may have: scanpy's, one limit after the other", async () => {
  const { matrix, cells } = await counts559();
  const count = (kept: Uint8Array) => kept.reduce((sum, one) => sum + one, 0);
  assert.equal(count(filterCells(matrix, { maxGenes: 1200 })), 279);
  assert.equal(count(filterCells(matrix, { maxCounts: 3000 })), 243);
  const all = filterCells(matrix, { minGenes: 600, maxGenes: 1200, maxCounts: 3000 });
  assert.equal(count(all), 199);
  assert.deepEqual(cells.filter((_, cell) => all[cell] === 1).slice(0, 3), ["Cell_11", "Cell_12", "Cell_13"]);
  assert.equal(count(filterGenes(matrix, { maxCells: 50 })), 3508);
  assert.equal(count(filterGenes(matrix, { maxCounts: 100 })), 4719);
});
