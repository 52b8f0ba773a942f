import type { CsrBlock, RowMatrix } from "../../src/anndata/matrix.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";

/** A matrix in memory, for tests. */
export function memoryMatrix(
  shape: [number, number],
  indptr: ArrayLike<number>,
  indices: Int32Array,
  data: Float32Array | Float64Array,
): RowMatrix {
  return {
    shape,
    format: "csr",
    dtype: data instanceof Float32Array ? "float32" : "float64",
    *blocks({ start = 0, end = shape[0], rows = 100 } = {}): Iterable<CsrBlock> {
      for (let first = start; first < end; first += rows) {
        const last = Math.min(end, first + rows);
        const from = indptr[first];
        yield {
          start: first,
          rows: last - first,
          columns: shape[1],
          indptr: Int32Array.from({ length: last - first + 1 }, (_, i) => indptr[first + i] - from),
          indices: indices.slice(from, indptr[last]),
          data: data.slice(from, indptr[last]),
        };
      }
    },
  };
}

/** A matrix in memory from its rows, zeros written out. */
export function denseMatrix(
  rows: number[][],
  Kind: typeof Float32Array | typeof Float64Array = Float32Array,
): RowMatrix {
  const indptr = [0];
  const indices: number[] = [];
  const data: number[] = [];
  for (const row of rows) {
    row.forEach((value, column) => {
      if (value === 0) return;
      indices.push(column);
      data.push(value);
    });
    indptr.push(indices.length);
  }
  return memoryMatrix([rows.length, rows[0]?.length ?? 0], indptr, Int32Array.from(indices), Kind.from(data));
}

/** The 559 cells whose scanpy results stand in test/fixtures/preprocess. */
export async function counts559() {
  const cells = await readH5ad("test/fixtures/preprocess/counts559.h5ad");
  const batch = cells.obs.column("batch")!;
  const batches = Int32Array.from(cells.obsNames, (_, i) => Number(batch.at(i) === "b1"));
  return { matrix: cells.X!, genes: cells.varNames, cells: cells.obsNames, batches };
}
