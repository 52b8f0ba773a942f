import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import { toColumn } from "../infer.js";
import { MemoryMatrix } from "../matrices/memory.js";
import { assemble } from "./assemble.js";
import { takeExpression } from "./expression.js";
import type { Triplets } from "./matrixMarket.js";
import { BARCODES, FEATURES, find, matrixPaths, SYMBOLS } from "./mtxFiles.js";
import { type Matrix, readMatrices, stackedGenes, unstacked } from "./mtxParts.js";
import { readTsv } from "./text.js";

/** How a folder of cells is read. */
export interface ReadMtxOptions {
  /** Whether features other than genes (antibodies, guides) are left out; yes by default, as in scanpy. */
  genesOnly?: boolean;
  /** What the names of the files begin with, where the folder holds several matrices: "GSM1234_". */
  prefix?: string;
}

/**
 * Reads a folder of a Matrix Market file and its names, as Cell Ranger writes it: `matrix.mtx`,
 * `barcodes.tsv` and `features.tsv` (or `genes.tsv`), each also gzipped, with any prefix; also as kallisto and alevin
 * call them. Where the counts are in parts (STARsolo's Velocyto folder, kallisto's workflow "nac", alevin-fry's USA mode),
 * X is their sum, as velocyto's own `matrix` is, and each part a layer. Text cannot be read by rows, so matrices are kept
 * in memory: 8 bytes for each entry, and while it is sorted 20.
 *
 * @param folder where the files are
 * @param options which of its files and features
 * @throws where a file is missing, holds several matrices and no `prefix` is named, or its names do not fit the matrix
 * @example
 * const cells = await readMtx("filtered_feature_bc_matrix");
 * cells.X?.dtype; // → "float32"
 */
export async function readMtx(
  folder: string,
  { genesOnly = true, prefix }: ReadMtxOptions = {},
): Promise<AnnData> {
  if (!existsSync(folder))
    throw new CellkernelError("path", `${resolve(folder)} does not exist.`, { path: folder });
  if (!statSync(folder).isDirectory()) {
    throw new CellkernelError(
      "path",
      `${folder} is a file; give the folder that holds matrix.mtx, barcodes.tsv and features.tsv.`,
      { path: folder },
    );
  }
  const paths = matrixPaths(folder, prefix);
  const [barcodePath, featurePath] = [
    find(folder, BARCODES, "barcodes.tsv", prefix),
    find(folder, FEATURES, "features.tsv", prefix),
  ];
  const matrices = await readMatrices(paths);
  const { rows, columns, path: matrixPath } = matrices.whole;
  const [barcodeLines, featureLines] = withoutHeaders(
    await readTsv(barcodePath),
    await readTsv(featurePath),
    [rows, columns],
  );
  const barcodes = withoutRowNumbers(barcodeLines).map(([name]) => name);
  const listed = withoutRowNumbers(featureLines);
  const transposed = rows === listed.length && columns === barcodes.length;
  if (!transposed && !(rows === barcodes.length && columns === listed.length)) {
    throw new CellkernelError(
      "format",
      `${matrixPath} is ${rows} × ${columns}, but there are ${listed.length} features and ${barcodes.length} barcodes.`,
      { path: matrixPath },
    );
  }
  const stacked = stackedGenes(listed.map(([name]) => name));
  const { whole, parts, remarks } =
    stacked === undefined ? matrices : unstacked(matrices.whole, transposed ? "row" : "column", stacked);
  const features = await withSymbols(folder, listed.slice(0, stacked));
  const byRows = ({ path, row, column, value }: Matrix) => {
    const [cells, genes] = transposed ? [column, row] : [row, column];
    return compress(path, cells, genes, value, barcodes.length, features.length);
  };
  const all = assemble({
    path: folder,
    X: byRows(whole),
    layers: new Map([...parts].map(([name, part]) => [name, byRows(part)])),
    remarks,
    obsNames: barcodes,
    varNames: features.map((fields) => fields[1] ?? fields[0]),
    var: featureColumns(features, folder),
  });
  return genesOnly
    ? takeExpression(
        all,
        features.map((fields) => fields[2] ?? ""),
      )
    : all;
}

/** Where both files have as many lines as the matrix has rows and columns but for a first one, that is a header. */
function withoutHeaders(
  barcodes: string[][],
  features: string[][],
  size: readonly [number, number],
): [string[][], string[][]] {
  const [larger, smaller] = [Math.max(...size), Math.min(...size)];
  const fits = (a: number, b: number) => Math.max(a, b) === larger && Math.min(a, b) === smaller;
  for (const [i, j] of [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
  ])
    if (fits(barcodes.length - i, features.length - j)) return [barcodes.slice(i), features.slice(j)];
  return [barcodes, features];
}

/** R's `write.table` puts row numbers before the fields. */
function withoutRowNumbers(lines: string[][]): string[][] {
  const numbered = lines.every((fields, i) => fields.length > 1 && fields[0] === String(i + 1));
  return numbered ? lines.map((fields) => fields.slice(1)) : lines;
}

async function withSymbols(folder: string, features: string[][]): Promise<string[][]> {
  const path = readdirSync(folder).find((name) => SYMBOLS.test(name));
  if (path === undefined) return features;
  const symbols = await readTsv(join(folder, path));
  return symbols.length === features.length ? features.map(([id], i) => [id, symbols[i][0] ?? id]) : features;
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
