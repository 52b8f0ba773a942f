import type { CsrBlock } from "../anndata/matrix.js";

/**
 * Refuses what no expression can be. Called once for each block of a first pass.
 *
 * @param where names the matrix, a cell and a gene for the message
 * @throws on a negative, infinite or not-a-number value
 */
export function checkValues(
  block: CsrBlock,
  where: { matrix: string; cell: (row: number) => string; gene: (column: number) => string },
): void {
  const { data } = block;
  for (let p = 0; p < data.length; p++) {
    if (data[p] >= 0 && data[p] < Infinity) continue;
    let row = 0;
    while (block.indptr[row + 1] <= p) row++;
    const at = `cell "${where.cell(block.start + row)}", gene "${where.gene(block.indices[p])}"`;
    throw new Error(
      data[p] < 0 && data[p] > -Infinity
        ? `${where.matrix} has the value ${data[p]} (${at}). Expression is not negative: this matrix was scaled or corrected. Choose counts or logged values instead: "raw" or a layer.`
        : `${where.matrix} has the value ${data[p]} (${at}). Mend the file, or choose another matrix: "raw" or a layer.`,
    );
  }
}
