import type { AnnData } from "../anndata/anndata.js";
import type { Column } from "../anndata/columns.js";
import { writeObsCsv } from "../anndata/write/csv.js";
import type { Writable } from "../anndata/write/element.js";
import { checkOutput, type PlannedResults, ResultsWriter } from "../anndata/write/results.js";
import { CellkernelError } from "../support/error.js";

/** Where results go, a copy of the cells' file with them. */
export interface ResultsSink {
  /** Adds rows of an array of `obsm`, after those before. */
  append(name: string, values: Float32Array): void;
  close(results: { obs: Map<string, Column>; uns: Record<string, Writable> }): void;
  abandon(): void;
}

/** Whether a table of the cells is asked for. */
export function isTable(path: string): boolean {
  return /\.(csv|parquet)$/i.test(path);
}

/** Tables of other forms, whose name an HDF5 file must not have. */
const OTHER_TABLE = /\.(tsv|txt|xlsx?|feather|rds|loom|mtx)$/i;

/** @throws where nothing could be written there, before hours are spent on it */
export function checkResults(cells: AnnData, path: string): void {
  checkOutput(cells, path);
  const ending = OTHER_TABLE.exec(path)?.[0];
  if (ending !== undefined)
    throw new CellkernelError(
      "option",
      `${path} ends in ${ending}, which is not written; expected .h5ad, .zarr or, of labels, .csv or .parquet`,
      { option: "out", path },
    );
}

/** Begins a copy of the cells' file, or a table of the cells where the name ends in `.csv` or `.parquet`. */
export async function openResults(
  cells: AnnData,
  path: string,
  planned: PlannedResults,
): Promise<ResultsSink> {
  if (!isTable(path)) return ResultsWriter.open(cells, path, planned);
  // Few write Parquet: its package is loaded by those who do.
  const write = /\.csv$/i.test(path)
    ? writeObsCsv
    : (await import("../anndata/write/parquet.js")).writeObsParquet;
  // Of arrays a table takes none.
  return { append: () => {}, close: ({ obs }) => write(cells, path, obs), abandon: () => {} };
}
