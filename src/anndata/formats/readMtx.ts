import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import { toColumn } from "../infer.js";
import { MemoryMatrix } from "../matrices/memory.js";
import { assemble } from "./assemble.js";
import { parseMatrixMarket, type Triplets } from "./matrixMarket.js";
import { readTsv } from "./text.js";

/**
 * Reads a folder of a Matrix Market file and its names, as Cell Ranger writes it: `matrix.mtx`,
 * `barcodes.tsv` and `features.tsv` (or `genes.tsv`), each also gzipped, with any prefix. Text cannot
 * be read by rows, so the matrix is kept in memory: 8 bytes for each entry, and while it is sorted 20.
 */
export async function readMtx(folder: string): Promise<AnnData> {
  if (!existsSync(folder))
    throw new CellkernelError("path", `${resolve(folder)} does not exist.`, { path: folder });
  if (!statSync(folder).isDirectory()) {
    throw new CellkernelError(
      "path",
      `${folder} is a file; give the folder that holds matrix.mtx, barcodes.tsv and features.tsv.`,
      { path: folder },
    );
  }
  const matrixPath = find(folder, /matrix\.mtx(\.gz)?$/, "matrix.mtx");
  const barcodes = (await readTsv(find(folder, /barcodes\.tsv(\.gz)?$/, "barcodes.tsv"))).map(
    ([name]) => name,
  );
  const features = await readTsv(find(folder, /(features|genes)\.tsv(\.gz)?$/, "features.tsv"));
  const triplets = await parseMatrixMarket(matrixPath);
  const { rows, columns } = triplets;
  const transposed = rows === features.length && columns === barcodes.length;
  if (!transposed && !(rows === barcodes.length && columns === features.length)) {
    throw new CellkernelError(
      "format",
      `${matrixPath} is ${rows} × ${columns}, but there are ${features.length} features and ${barcodes.length} barcodes.`,
      { path: matrixPath },
    );
  }
  const cells = transposed ? triplets.column : triplets.row;
  const genes = transposed ? triplets.row : triplets.column;
  return assemble({
    path: folder,
    X: compress(matrixPath, cells, genes, triplets.value, barcodes.length, features.length),
    obsNames: barcodes,
    varNames: features.map((fields) => fields[1] ?? fields[0]),
    var: featureColumns(features, folder),
  });
}

function find(folder: string, pattern: RegExp, what: string): string {
  const found = readdirSync(folder).filter((name) => pattern.test(name));
  if (found.length === 1) return join(folder, found[0]);
  if (found.length === 0)
    throw new CellkernelError("path", `${folder} has no ${what} or ${what}.gz.`, { path: folder });
  throw new CellkernelError(
    "path",
    `${folder} has several files that could be ${what}: ${found.join(", ")}. Keep one of them there.`,
    { path: folder, files: found },
  );
}

/** Column 1 the id, 2 the name, 3 (since Cell Ranger 3) the type of feature. */
function featureColumns(features: string[][], where: string): Map<string, Column> {
  const columns = new Map<string, Column>();
  if (features.some((fields) => fields.length < 2)) return columns;
  columns.set(
    "gene_ids",
    toColumn(
      features.map(([id]) => id),
      where,
    ),
  );
  if (features.every((fields) => fields.length > 2)) {
    columns.set(
      "feature_types",
      toColumn(
        features.map((fields) => fields[2]),
        where,
      ),
    );
  }
  return columns;
}

/** Triplets in any order as rows; they stay where they are when they come cell by cell. */
function compress(
  where: string,
  cells: Int32Array,
  genes: Int32Array,
  values: Triplets["value"],
  rows: number,
  columns: number,
): MemoryMatrix {
  const indptr = new Float64Array(rows + 1);
  for (const cell of cells) indptr[cell + 1]++;
  for (let row = 0; row < rows; row++) indptr[row + 1] += indptr[row];
  if (cells.every((cell, i) => i === 0 || cells[i - 1] <= cell)) {
    return new MemoryMatrix(where, columns, indptr, genes, values);
  }
  const next = indptr.slice();
  const indices = new Int32Array(genes.length);
  const data = values.slice();
  for (let i = 0; i < cells.length; i++) {
    const at = next[cells[i]]++;
    indices[at] = genes[i];
    data[at] = values[i];
  }
  return new MemoryMatrix(where, columns, indptr, indices, data);
}
