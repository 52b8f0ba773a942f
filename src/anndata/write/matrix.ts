import { CellkernelError } from "../../support/error.js";
import type { TypedArray } from "../hdf5/decode.js";
import type { CsrBlock, RowMatrix } from "../matrix.js";
import type { GrowingArray, Output } from "../storage.js";

/** From so many entries on row pointers need 64 bits, and with them, for scipy wants one type, column indices. */
const WIDE = 2 ** 31;

/** A `csr_matrix` 0.1.0 group that grows by blocks of rows. */
export class CsrOutput {
  private readonly data: GrowingArray;
  private readonly indices: GrowingArray;
  private readonly indptr: GrowingArray;
  private readonly wide: boolean;
  private rows = 0;

  /**
   * @param dtype NumPy's name of the type that values are stored as
   * @param mostEntries how many entries may come; from 2^31 on, indices and row pointers are int64
   */
  constructor(
    private readonly out: Output,
    private readonly path: string,
    private readonly columns: number,
    private readonly dtype: string,
    mostEntries: number,
  ) {
    this.wide = mostEntries >= WIDE;
    out.group(path);
    out.encoding(path, "csr_matrix", "0.1.0");
    this.data = out.growing(`${path}/data`, asDtype(dtype, []));
    this.indices = out.growing(`${path}/indices`, this.integers([]));
    this.indptr = out.growing(`${path}/indptr`, this.integers([]));
    this.indptr.append(this.integers([0]));
  }

  append(block: CsrBlock): void {
    if (block.columns !== this.columns) {
      throw new CellkernelError(
        "matrix",
        `A block of ${block.columns} columns cannot go to a matrix of ${this.columns}.`,
      );
    }
    const entries = this.data.length;
    if (!this.wide && entries + block.data.length >= WIDE)
      throw new CellkernelError(
        "matrix",
        `${this.path} gets more than ${WIDE - 1} entries; say beforehand how many may come (mostEntries of H5adWriter.create).`,
      );
    this.data.append(asDtype(this.dtype, block.data));
    this.indices.append(this.integers(block.indices));
    this.indptr.append(
      this.integers(Float64Array.from(block.indptr.subarray(1), (pointer) => entries + pointer)),
    );
    this.rows += block.rows;
  }

  private integers(values: ArrayLike<number>): TypedArray {
    if (this.wide) return BigInt64Array.from(values as number[], BigInt);
    return values instanceof Int32Array ? values : Int32Array.from(values);
  }

  /** Records the final shape; returns the number of rows. */
  finish(): number {
    this.out.attribute(this.path, "shape", BigInt64Array.of(BigInt(this.rows), BigInt(this.columns)));
    return this.rows;
  }
}

/** Writes a matrix block by block: sparse ones as CSR, dense ones as they are. */
export function writeMatrix(out: Output, path: string, matrix: RowMatrix): void {
  const [rows, columns] = matrix.shape;
  if (matrix.format !== "dense") {
    const csr = new CsrOutput(out, path, columns, matrix.dtype, matrix.entries ?? rows * columns);
    for (const block of matrix.blocks()) csr.append(block);
    csr.finish();
    return;
  }
  const dense = out.growing(path, asDtype(matrix.dtype, []), columns);
  for (const block of matrix.blocks()) dense.append(asDtype(matrix.dtype, expanded(block)));
  out.encoding(path, "array", "0.2.0");
}

/** The block's rows with their zeros. */
export function expanded({ rows, columns, indptr, indices, data }: CsrBlock): Float32Array | Float64Array {
  const Values = data instanceof Float32Array ? Float32Array : Float64Array;
  const values = new Values(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) values[row * columns + indices[k]] = data[k];
  }
  return values;
}

/** Values as the NumPy type `dtype`; half precision and booleans are stored as float32. */
function asDtype(dtype: string, values: ArrayLike<number>): TypedArray {
  switch (dtype) {
    case "int8":
      return Int8Array.from(values);
    case "uint8":
      return Uint8Array.from(values);
    case "int16":
      return Int16Array.from(values);
    case "uint16":
      return Uint16Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "uint32":
      return Uint32Array.from(values);
    case "int64":
      return BigInt64Array.from(values as number[], BigInt);
    case "uint64":
      return BigUint64Array.from(values as number[], BigInt);
    case "float64":
      return values instanceof Float64Array ? values : Float64Array.from(values);
    default:
      return values instanceof Float32Array ? values : Float32Array.from(values);
  }
}
