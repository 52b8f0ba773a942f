import { CellkernelError } from "../support/error.js";
import type { CsrBlock, RowMatrix } from "./matrix.js";

/** Names for messages about a matrix. */
export interface MatrixNames {
  /** What the matrix is called: "X of cells.h5ad". */
  name: string;
  obsNames: readonly string[];
  varNames: readonly string[];
}

/**
 * A matrix of expression values that is checked as it is read: NaN, infinite and negative values end
 * the reading with an error that names the cell and the gene. (Structure, such as indices out of
 * range, is checked by every matrix that is read from a file.)
 */
export function checkedMatrix(matrix: RowMatrix, names: MatrixNames): RowMatrix {
  return {
    shape: matrix.shape,
    format: matrix.format,
    dtype: matrix.dtype,
    *blocks(options) {
      for (const block of matrix.blocks(options)) {
        checkValues(block, names);
        yield block;
      }
    },
  };
}

/** Reads a whole matrix once, for its faults alone. */
export function checkMatrix(matrix: RowMatrix, names: MatrixNames): void {
  for (const block of matrix.blocks()) checkValues(block, names);
}

function checkValues(block: CsrBlock, names: MatrixNames): void {
  const { data } = block;
  for (let k = 0; k < data.length; k++) {
    // One comparison for the common case: false for NaN, for infinity and below zero.
    if (!(data[k] >= 0 && data[k] < Number.POSITIVE_INFINITY))
      throw new CellkernelError("matrix", fault(block, k, names), { matrix: names.name });
  }
}

function fault(block: CsrBlock, k: number, { name, obsNames, varNames }: MatrixNames): string {
  const row = block.indptr.findIndex((_, i) => k < block.indptr[i + 1]);
  const value = block.data[k];
  const place = `cell ${obsNames[block.start + row]}, gene ${varNames[block.indices[k]]}`;
  const what = Number.isNaN(value) ? "NaN" : value < 0 ? `a negative value (${value})` : "an infinite value";
  const hint =
    value < 0 && Number.isFinite(value)
      ? "It seems to be scaled; choose a matrix of counts or log-normalised values (raw or a layer)."
      : "Mend the file: expression values are finite and not negative.";
  return `${name} holds ${what} at ${place}. ${hint}`;
}
