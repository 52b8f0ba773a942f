import type { RowMatrix } from "../anndata/matrix.js";
import { within } from "./filterGenes.js";

/**
 * Which cells have enough counts and enough genes, and not too many, as `scanpy.pp.filter_cells` has it one limit after the
 * other. Reads the matrix once.
 *
 * @returns Uint8 [cells], 1 where the cell is to be kept
 * @example
 * const kept = filterCells(counts, { minCounts: 2500 });
 * kept.filter((one) => one === 1).length; // → 357
 */
export function filterCells(
  counts: RowMatrix,
  limits: { minCounts?: number; maxCounts?: number; minGenes?: number; maxGenes?: number },
): Uint8Array {
  const [cells] = counts.shape;
  const total = new Float64Array(cells);
  const genes = new Float64Array(cells);
  for (const { start, rows, indptr, data } of counts.blocks())
    for (let row = 0; row < rows; row++) {
      for (let p = indptr[row]; p < indptr[row + 1]; p++) total[start + row] += data[p];
      genes[start + row] = indptr[row + 1] - indptr[row];
    }
  const { minCounts, maxCounts, minGenes, maxGenes } = limits;
  return within([total, minCounts, maxCounts], [genes, minGenes, maxGenes]);
}
