import type { ColumnTable } from "arquero";
import type { AnnData } from "../anndata/anndata.js";
import type { ChosenMatrix } from "../anndata/chooseMatrix.js";
import { CellkernelError } from "../support/error.js";
import type { GeneNames } from "../tokenize/matchGenes.js";

/** What the index of `var` is called where a column could stand. */
export const VAR_INDEX = "var index";

/**
 * The places of a file that may name the genes of a matrix: the index, the columns of its `var`, and those of the other
 * table of genes (of `raw` for X and layers, of X for `raw`), joined by the index.
 * @param geneColumn the column that is asked for, which need not hold texts
 * @throws where there is no such column
 */
export function genePlaces(cells: AnnData, source: ChosenMatrix, geneColumn?: string): GeneNames[] {
  const index = { column: VAR_INDEX, names: source.varNames };
  const own = textColumns(source.var);
  const isRaw = source.name === "raw";
  const other = isRaw ? cells : cells.raw;
  const joined = other
    ? textColumns(other.var).filter(([name]) => !source.var.columnNames().includes(name))
    : [];
  const places: GeneNames[] = [index, ...own.map(([column, values]) => ({ column, names: texts(values) }))];
  if (joined.length > 0) {
    const rowOf = rowsByName(other!.varNames);
    const rows = source.varNames.map((name) => rowOf.get(name) ?? -1);
    for (const [column, values] of joined) {
      const names = texts(values);
      places.push({
        column,
        names: rows.map((row) => names[row] ?? ""),
        joined: isRaw ? "var" : "raw.var",
      });
    }
  }
  if (geneColumn === undefined || places.some(({ column }) => column === geneColumn)) return places;
  const values = source.var.column(geneColumn);
  if (values) return [...places, { column: geneColumn, names: texts(values) }];
  throw new CellkernelError(
    "option",
    `geneColumn is "${geneColumn}", but var has no such column. Its columns are: ${[...new Set([...source.var.columnNames(), ...(other?.var.columnNames() ?? [])])].join(", ") || "none"}.`,
    { option: "geneColumn", column: geneColumn },
  );
}

type TextColumn = { length: number; at(row: number): unknown };

/** Columns whose first value that is not missing is a text. */
function textColumns(genes: ColumnTable): [string, TextColumn][] {
  return genes.columnNames().flatMap((name): [string, TextColumn][] => {
    const values = genes.column(name)!;
    for (let i = 0; i < values.length; i++) {
      const value = values.at(i);
      if (value === null || value === undefined || Number.isNaN(value)) continue;
      return typeof value === "string" ? [[name, values]] : [];
    }
    return [];
  });
}

function texts(values: { length: number; at(row: number): unknown }): string[] {
  return Array.from({ length: values.length }, (_, i) => String(values.at(i) ?? ""));
}

/** The row of each name that only one row has. */
function rowsByName(names: readonly string[]): Map<string, number> {
  const rows = new Map<string, number>();
  names.forEach((name, row) => {
    rows.set(name, rows.has(name) ? -1 : row);
  });
  return rows;
}
