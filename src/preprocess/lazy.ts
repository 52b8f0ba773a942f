import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";

/** A matrix whose blocks are another's, changed as they are read. */
export function mapBlocks(
  matrix: RowMatrix,
  change: (block: CsrBlock) => CsrBlock,
  columns = matrix.shape[1],
): RowMatrix {
  return {
    shape: [matrix.shape[0], columns],
    format: "csr",
    dtype: matrix.dtype,
    *blocks(options) {
      for (const block of matrix.blocks(options)) yield change(block);
    },
  };
}

/**
 * Takes columns of a block, or adds columns up.
 *
 * @param target Int32 [columns of the block]: new column of each, −1 to leave it out; ascending unless columns are added up
 * @param columns number of new columns
 */
export function takeColumns(block: CsrBlock, target: Int32Array, columns: number): CsrBlock {
  const indices = new Int32Array(block.indices.length);
  const data = new (block.data instanceof Float32Array ? Float32Array : Float64Array)(block.data.length);
  const indptr = new Int32Array(block.rows + 1);
  let at = 0;
  for (let row = 0; row < block.rows; row++) {
    for (let p = block.indptr[row], end = block.indptr[row + 1]; p < end; p++) {
      const column = target[block.indices[p]];
      if (column < 0) continue;
      indices[at] = column;
      data[at++] = block.data[p];
    }
    indptr[row + 1] = at;
  }
  return { ...block, columns, indptr, indices: indices.subarray(0, at), data: data.subarray(0, at) };
}

/**
 * A matrix whose columns of the same target are added up.
 *
 * @param target Int32 [columns of the matrix]: new column of each, in any order
 * @param columns number of new columns
 */
export function mergeColumns(matrix: RowMatrix, target: Int32Array, columns: number): RowMatrix {
  const sums = new Float64Array(columns);
  const merge = (block: CsrBlock): CsrBlock => {
    const { indptr, rows } = block;
    const indices = new Int32Array(block.indices.length);
    const data = block.data.slice();
    const starts = new Int32Array(rows + 1);
    for (let row = 0; row < rows; row++) {
      let at = starts[row];
      for (let p = indptr[row]; p < indptr[row + 1]; p++) {
        const column = target[block.indices[p]];
        if (sums[column] === 0) indices[at++] = column;
        sums[column] += block.data[p];
      }
      const own = indices.subarray(starts[row], at).sort();
      own.forEach((column, i) => {
        data[starts[row] + i] = sums[column];
        sums[column] = 0;
      });
      starts[row + 1] = at;
    }
    const end = starts[rows];
    return { ...block, columns, indptr: starts, indices: indices.slice(0, end), data: data.slice(0, end) };
  };
  return mapBlocks(matrix, merge, columns);
}
