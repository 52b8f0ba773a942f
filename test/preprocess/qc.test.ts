import assert from "node:assert/strict";
import { test } from "node:test";
import { calculateQcMetrics } from "../../src/preprocess/qc.js";
import { expected } from "./expected.js";
import { counts559, denseMatrix } from "./matrix.js";

test("quality figures are scanpy's", async () => {
  const { matrix, genes } = await counts559();
  const qc = calculateQcMetrics(matrix, genes);
  assert.deepEqual([...qc.obs.nGenesByCounts], expected.obs_n_genes_by_counts);
  assert.deepEqual([...qc.obs.totalCounts], expected.obs_total_counts);
  assert.deepEqual([...qc.var.nCellsByCounts], expected.var_n_cells_by_counts);
});

test("mitochondrial share, mean and dropout, worked out by hand", () => {
  const qc = calculateQcMetrics(
    denseMatrix([
      [1, 0, 3],
      [0, 0, 0],
      [2, 2, 0],
      [0, 5, 5],
    ]),
    ["CD3D", "MT-CO1", "mt-Nd1"],
  );
  assert.deepEqual([...qc.obs.pctCountsMt], [75, Number.NaN, 50, 100]);
  assert.deepEqual([...qc.obs.totalCountsMt], [3, 0, 2, 10]);
  assert.deepEqual([...qc.var.meanCounts], [0.75, 1.75, 2]);
  assert.deepEqual([...qc.var.pctDropoutByCounts], [50, 50, 50]);
});

test("names must fit the matrix", () => {
  assert.throws(
    () => calculateQcMetrics(denseMatrix([[1, 2]]), ["A"]),
    /has 2 genes, but 1 names were given/,
  );
});
