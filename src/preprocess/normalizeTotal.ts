import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import { mapBlocks } from "./lazy.js";
import { median } from "./ranking.js";

/**
 * Divides each cell's counts so that they add up to the same total, as `scanpy.pp.normalize_total` does.
 * Cells without counts stay empty. The result is computed as it is read.
 *
 * @param targetSum counts a cell; default: the median of the cells that have any, found by reading the matrix once
 * @throws where the target sum is not above 0
 * @example
 * const [cell] = normalizeTotal(counts, { targetSum: 1e4 }).blocks({ end: 1 });
 * Float64Array.from(cell.data).reduce((sum, count) => sum + count); // ≈ 10000
 */
export function normalizeTotal(counts: RowMatrix, { targetSum }: { targetSum?: number } = {}): RowMatrix {
  if (targetSum !== undefined && !(targetSum > 0 && targetSum < Infinity))
    throw new CellkernelError(
      "option",
      `normalizeTotal is ${targetSum}; it must be a positive number of counts a cell.`,
      { option: "normalizeTotal" },
    );
  const target = targetSum ?? medianTotal(counts);
  return mapBlocks(counts, (block) => normalizeBlock(block, target));
}

/** `normalizeTotal` of some rows. float32 counts are divided in float32, as scanpy does. */
export function normalizeBlock(block: CsrBlock, targetSum: number): CsrBlock {
  const data = block.data.slice();
  for (let row = 0; row < block.rows; row++) {
    const factor = sizeFactor(block, row, targetSum);
    for (let p = block.indptr[row]; p < block.indptr[row + 1]; p++) data[p] /= factor;
  }
  return { ...block, data };
}

/** What a cell's counts are divided by. */
export function sizeFactor(block: CsrBlock, row: number, targetSum: number): number {
  let total = 0;
  for (let p = block.indptr[row]; p < block.indptr[row + 1]; p++) total += block.data[p];
  return block.data instanceof Float32Array ? Math.fround(Math.fround(total) / targetSum) : total / targetSum;
}

function medianTotal(counts: RowMatrix): number {
  const totals: number[] = [];
  for (const block of counts.blocks())
    for (let row = 0; row < block.rows; row++) {
      const total = sizeFactor(block, row, 1);
      if (total > 0) totals.push(total);
    }
  return totals.length > 0 ? median(Float64Array.from(totals)) : 1;
}
