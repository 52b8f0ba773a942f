import type { RowMatrix } from "../anndata/matrix.js";

/**
 * Which genes have enough counts and are in enough cells, as `scanpy.pp.filter_genes` has it. Reads the matrix once.
 *
 * @returns Uint8 [genes], 1 where the gene is to be kept
 */
export function filterGenes(
  counts: RowMatrix,
  limits: { minCounts?: number; minCells?: number },
): Uint8Array {
  const [, genes] = counts.shape;
  const total = new Float64Array(genes);
  const cells = new Float64Array(genes);
  for (const { indices, data } of counts.blocks())
    for (let p = 0; p < indices.length; p++) {
      total[indices[p]] += data[p];
      cells[indices[p]]++;
    }
  return enough(total, cells, limits.minCounts, limits.minCells);
}

/** Flags what reaches both of two minima (0 when absent). */
export function enough(total: Float64Array, number: Float64Array, minTotal = 0, minNumber = 0): Uint8Array {
  return Uint8Array.from(total, (value, i) => (value >= minTotal && number[i] >= minNumber ? 1 : 0));
}
