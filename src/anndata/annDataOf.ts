import { CellkernelError } from "../support/error.js";
import { AnnData, type Raw } from "./anndata.js";
import { EMPTY_MAPPING, openMapping } from "./element.js";
import { readFrame, rowsOf } from "./frame.js";
import { openMatrix, sparseFormat } from "./matrices/open.js";
import { RowRange } from "./matrices/range.js";
import type { RowMatrix } from "./matrix.js";
import type { Storage } from "./storage.js";
import { tableOf } from "./table.js";
import { Unread } from "./unread.js";

/** Some consecutive cells of a file, and the columns of `obs` that are read of them. */
export interface CellRange {
  /** First row. */
  start: number;
  /** The row after the last. */
  end: number;
  /** Names of columns; those that aren't there are left out. */
  columns: readonly string[];
}

/**
 * The AnnData that a file or store holds. Tables are read at once, matrices by blocks when they are asked for.
 *
 * @param otherwise what it is where it holds none: "an HDF5 file but not an .h5ad file"
 * @param range the cells that are wanted: then nothing is read of the others, and of the rest names, matrices and the
 *   named columns alone; all when absent
 * Source: https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
export function annDataOf(file: Storage, otherwise: string, range?: CellRange): AnnData {
  for (const table of ["/obs", "/var"]) {
    if (file.kind(table) === undefined) {
      throw new CellkernelError(
        "format",
        `${file.path} is ${otherwise}: it has no ${table}. ` +
          "Its members are: " +
          `${file.keys("/").join(", ") || "none"}.`,
        { path: file.path },
      );
    }
  }
  // Before anything is read, all that is to have one length claims the same.
  const shape = [rowsOf(file, "/obs"), rowsOf(file, "/var")] as const;
  const X = holdsMatrix(file, "/X") ? openMatrix(file, "/X", shape) : undefined;
  if (range) return partOf(file, shape, X, range);
  const obs = readFrame(file, "/obs");
  const genes = readFrame(file, "/var");
  const unread = [...obs.unread, ...genes.unread];
  const recordsHaveCategories = file.kind("/obs") === "dataset";
  return new AnnData({
    path: file.path,
    isFile: true,
    obs: tableOf(obs.columns),
    var: tableOf(genes.columns),
    obsNames: obs.index,
    varNames: genes.index,
    X,
    raw: openRaw(file, obs.index.length, unread),
    layers: openLayers(file, shape, unread),
    obsm: openMapping(file, "/obsm"),
    varm: openMapping(file, "/varm"),
    obsp: openMapping(file, "/obsp"),
    varp: openMapping(file, "/varp"),
    uns: openMapping(file, "/uns", (key) => recordsHaveCategories && key.endsWith("_categories")),
    unread,
    close: () => file.close(),
  });
}

/** Some cells of a file, as a file of their own would have them. */
function partOf(
  file: Storage,
  shape: readonly [number, number],
  X: RowMatrix | undefined,
  { start, end, columns }: CellRange,
): AnnData {
  if (end > shape[0])
    throw new CellkernelError("format", `${file.path} has ${shape[0]} cells; expected at least ${end}`, {
      path: file.path,
    });
  const cut = (matrix: RowMatrix) => new RowRange(matrix, start, end - start);
  const obs = readFrame(file, "/obs", { columns, rows: [start, end] });
  const genes = readFrame(file, "/var", { columns: [] });
  const raw = openRaw(file, shape[0], [], []);
  return new AnnData({
    path: file.path,
    obs: tableOf(obs.columns),
    var: tableOf(genes.columns),
    obsNames: obs.index,
    varNames: genes.index,
    X: X && cut(X),
    raw: raw && { ...raw, X: cut(raw.X) },
    layers: new Map([...openLayers(file, shape, [])].map(([name, layer]) => [name, cut(layer)])),
    ...{ obsm: EMPTY_MAPPING, varm: EMPTY_MAPPING, obsp: EMPTY_MAPPING, varp: EMPTY_MAPPING },
    uns: EMPTY_MAPPING,
    close: () => file.close(),
  });
}

/** Whether there is anything: anndata 0.12 may write `None` in place of a matrix. */
function holdsMatrix(file: Storage, path: string): boolean {
  return file.kind(path) !== undefined && file.textAttribute(path, "encoding-type") !== "null";
}

function openLayers(
  file: Storage,
  shape: readonly [number, number],
  unread: Unread[],
): Map<string, RowMatrix> {
  const layers = new Map<string, RowMatrix>();
  for (const name of file.kind("/layers") === "group" ? file.keys("/layers") : []) {
    const path = `/layers/${name}`;
    if (file.kind(path) === "dataset" || sparseFormat(file, path)) {
      if (holdsMatrix(file, path)) layers.set(name, openMatrix(file, path, shape));
    } else unread.push(new Unread(file, path, file.textAttribute(path, "encoding-type") ?? "none"));
  }
  return layers;
}

/** `raw/` since anndata 0.7; `raw.X` and `raw.var` before. */
function openRaw(
  file: Storage,
  rows: number,
  unread: Unread[],
  columns?: readonly string[],
): Raw | undefined {
  const separator = file.kind("/raw") === "group" ? "/" : ".";
  if (!holdsMatrix(file, `/raw${separator}X`)) return undefined;
  const X = openMatrix(file, `/raw${separator}X`, [rows, rowsOf(file, `/raw${separator}var`)]);
  const frame = readFrame(file, `/raw${separator}var`, { columns });
  unread.push(...frame.unread);
  return {
    X,
    var: tableOf(frame.columns),
    varNames: frame.index,
    varm: openMapping(file, `/raw${separator}varm`),
  };
}
