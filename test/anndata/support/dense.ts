import type { RowMatrix } from "../../../src/anndata/matrix.js";

/** The whole of a small matrix, as rows of numbers; checks that the blocks keep their contract. */
export function dense(matrix: RowMatrix, rows?: number): number[][] {
  const [total, columns] = matrix.shape;
  const out: number[][] = [];
  for (const block of matrix.blocks(rows === undefined ? {} : { rows })) {
    if (block.start !== out.length || block.indptr[0] !== 0) throw new Error("a block is out of place");
    for (let row = 0; row < block.rows; row++) {
      const values = new Array<number>(columns).fill(0);
      let previous = -1;
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++) {
        if (block.indices[k] <= previous || block.data[k] === 0) throw new Error("a row is not in order");
        previous = block.indices[k];
        values[previous] = block.data[k];
      }
      out.push(values);
    }
  }
  if (out.length !== total) throw new Error(`${out.length} rows came, expected ${total}`);
  return out;
}
