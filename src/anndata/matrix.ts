/**
 * A run of consecutive rows of a matrix in compressed sparse row form.
 * Explicit zeros of the file are dropped; column indices ascend within a row and do not repeat.
 */
export interface CsrBlock {
  /** Row of the matrix that the block's first row is. */
  start: number;
  /** Number of rows in the block. */
  rows: number;
  /** Number of columns of the matrix. */
  columns: number;
  /** Int32 [rows + 1]: where each row's entries begin in `indices` and `data`; `indptr[0]` is 0. */
  indptr: Int32Array;
  /** Int32 [nnz]: column of each entry. */
  indices: Int32Array;
  /** Float32 or Float64 [nnz]: value of each entry (integers of the file are converted without loss). */
  data: Float32Array | Float64Array;
}

/** A cells × genes matrix that is read by blocks of rows and never held whole. */
export interface RowMatrix {
  /** [rows, columns] */
  readonly shape: readonly [number, number];
  /** How it is stored. */
  readonly format: "csr" | "csc" | "dense";
  /** NumPy's name of the stored element type, for instance "float32". */
  readonly dtype: string;
  /** Stored entries at most; absent where only the shape says. */
  readonly entries?: number;
  /**
   * Reads rows `start` (0) to `end` (all) in blocks of at most `rows` rows (chosen by memory when absent).
   * May be called any number of times; each call starts anew.
   */
  blocks(options?: { start?: number; end?: number; rows?: number }): Iterable<CsrBlock>;
}
