import { CellkernelError } from "../../support/error.js";
import { AnnData, obsColumn } from "../anndata.js";
import type { Value } from "../columns.js";
import { takeTableRows } from "../join.js";
import { MappedColumns, RowSubset } from "../matrices/subset.js";
import type { RowMatrix } from "../matrix.js";
import type { Unread } from "../unread.js";
import { mapMembers, takeElementPairs, takeElementRows } from "./take.js";

/** Which cells and genes to keep; what is left out keeps all. */
export interface Selection {
  /**
   * Cell names, or a condition on a cell's row of `obs`. The row has the columns as properties, and
   * the cell's name and number.
   */
  cells?: readonly string[] | ((row: Record<string, Value>, name: string, number: number) => boolean);
  /** Gene names. */
  genes?: readonly string[];
}

/**
 * A view of some cells and genes, in the order of the data: nothing is read or copied but the tables;
 * matrices are cut while they are read.
 *
 * @param adata what is cut
 * @param selection which cells and genes; all of what is not named
 * @throws on names that are not there
 * @example
 * const few = subset(cells, { genes: ["CD3D", "CD79A", "NKG7"] });
 * [few.nObs, few.nVars]; // → [700, 3]
 */
export function subset(adata: AnnData, { cells, genes }: Selection): AnnData {
  let view = adata;
  if (cells !== undefined) {
    const rows =
      typeof cells === "function" ? rowsWhere(adata, cells) : positions(adata.obsNames, cells, "cell");
    view = takeCells(view, rows);
  }
  if (genes !== undefined) view = takeGenes(view, positions(adata.varNames, genes, "gene"));
  return view;
}

/** What can only be copied can't be cut. */
function uncut(adata: AnnData, ...groups: string[]): Unread[] {
  return adata.unread.filter(({ path }) => !groups.some((group) => path.startsWith(`${group}/`)));
}

/** The view of the cells with these ascending numbers. */
export function takeCells(adata: AnnData, rows: Int32Array): AnnData {
  const take = (matrix: RowMatrix) => new RowSubset(matrix, rows);
  return new AnnData({
    ...adata,
    isFile: false,
    obs: takeTableRows(adata.obs, rows),
    obsNames: Array.from(rows, (row) => adata.obsNames[row]),
    X: adata.X && take(adata.X),
    raw: adata.raw && { ...adata.raw, X: take(adata.raw.X) },
    layers: new Map([...adata.layers].map(([name, layer]) => [name, take(layer)])),
    obsm: mapMembers(adata.obsm, (element) => takeElementRows(element, rows)),
    obsp: mapMembers(adata.obsp, (element) => takeElementPairs(element, rows)),
    unread: uncut(adata, "/obs", "/layers"),
  });
}

/** The view of the genes with these ascending numbers; `raw` keeps all of its own, as in anndata. */
export function takeGenes(adata: AnnData, columns: Int32Array): AnnData {
  const map = new Int32Array(adata.nVars).fill(-1);
  columns.forEach((column, i) => {
    map[column] = i;
  });
  const take = (matrix: RowMatrix) => new MappedColumns(matrix, map, columns.length);
  return new AnnData({
    ...adata,
    isFile: false,
    var: takeTableRows(adata.var, columns),
    varNames: Array.from(columns, (column) => adata.varNames[column]),
    X: adata.X && take(adata.X),
    layers: new Map([...adata.layers].map(([name, layer]) => [name, take(layer)])),
    varm: mapMembers(adata.varm, (element) => takeElementRows(element, columns)),
    varp: mapMembers(adata.varp, (element) => takeElementPairs(element, columns)),
    unread: uncut(adata, "/var", "/layers"),
  });
}

function rowsWhere(
  adata: AnnData,
  keep: Exclude<Selection["cells"], readonly string[] | undefined>,
): Int32Array {
  const names = adata.obs.columnNames();
  const columns = names.map((name) => obsColumn(adata, name) as { at(row: number): Value });
  const kept = adata.obsNames.flatMap((cell, number) => {
    const row = Object.fromEntries(names.map((name, i) => [name, columns[i].at(number)]));
    return keep(row, cell, number) ? [number] : [];
  });
  return Int32Array.from(kept);
}

/** Every row that bears one of the names (names of cells may repeat). */
function positions(all: readonly string[], wanted: readonly string[], what: string): Int32Array {
  const names = new Set(wanted);
  const found = new Set<string>();
  const rows = all.flatMap((name, i) => {
    if (!names.has(name)) return [];
    found.add(name);
    return [i];
  });
  const missing = wanted.filter((name) => !found.has(name));
  if (missing.length > 0) {
    throw new CellkernelError(
      "names",
      `${missing.length} of ${wanted.length} ${what} names are not in the data, the first "${missing[0]}".`,
      { names: missing },
    );
  }
  return Int32Array.from(rows);
}
