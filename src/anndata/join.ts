import type { ColumnTable } from "arquero";
import { CellkernelError } from "../support/error.js";
import { Categorical, type Column, TypedColumn, type Value } from "./columns.js";
import { toColumn } from "./infer.js";
import { repeatedNames } from "./show.js";
import { columnsOf, tableOf } from "./table.js";

/** How the rows of a table find their cells. */
export interface JoinOptions {
  /** The column that holds the cell names; the table's first column by default. */
  key?: string;
  /** Leaves cells without a row missing, and rows without a cell out. Without it both are errors. */
  partial?: boolean;
}

/**
 * The columns of a table (its key apart) in the order of the cells, joined by cell name.
 * `where` names the table in messages.
 */
export function joinByCell(
  cells: readonly string[],
  table: ColumnTable,
  { key, partial = false }: JoinOptions,
  where: string,
): Map<string, Column> {
  const [repeated] = repeatedNames(cells);
  if (repeated !== undefined) {
    throw new CellkernelError(
      "names",
      `Cell names must be unique to join ${where} by them, but "${repeated}" repeats.`,
      { name: repeated },
    );
  }
  const settled = table.isFiltered() || table.isOrdered() ? table.reify() : table;
  const keyName = key ?? settled.columnNames()[0];
  const keys = settled.column(keyName) as unknown as Iterable<Value> | undefined;
  if (!keys) {
    throw new CellkernelError(
      "column",
      `${where} has no column "${keyName}". Its columns are: ${settled.columnNames().join(", ")}.`,
      { column: keyName },
    );
  }
  const rowOf = rowNumbers(keys, where, keyName);
  const rows = Int32Array.from(cells, (cell) => rowOf.get(cell) ?? -1);
  requireMatches(cells, rows, rowOf, { where, keyName, partial });
  const columns = columnsOf(settled, where);
  columns.delete(keyName);
  return new Map([...columns].map(([name, column]) => [name, takeRows(column, rows)]));
}

function rowNumbers(keys: Iterable<Value>, where: string, keyName: string): Map<string, number> {
  const rowOf = new Map<string, number>();
  for (const value of keys) {
    const name = String(value);
    if (rowOf.has(name))
      throw new CellkernelError("names", `${where}: "${name}" stands more than once in column ${keyName}.`, {
        name,
        column: keyName,
      });
    rowOf.set(name, rowOf.size);
  }
  return rowOf;
}

function requireMatches(
  cells: readonly string[],
  rows: Int32Array,
  rowOf: Map<string, number>,
  { where, keyName, partial }: { where: string; keyName: string; partial: boolean },
): void {
  const missing = rows.reduce((count, row) => count + (row < 0 ? 1 : 0), 0);
  const matched = cells.length - missing;
  const example = rowOf.keys().next().value ?? "none";
  if (matched === 0 && cells.length > 0) {
    throw new CellkernelError(
      "names",
      `${where}: no value of column ${keyName} is the name of a cell (first value: ${example}; first cell: ${cells[0]}).`,
      { column: keyName },
    );
  }
  if (partial) return;
  if (missing > 0) {
    throw new CellkernelError(
      "names",
      `${where} lacks ${missing} of ${cells.length} cells, the first ${cells[rows.indexOf(-1)]}. ` +
        "Add their rows, or ask for a partial join.",
    );
  }
  if (rowOf.size > matched) {
    const known = new Set(cells);
    const extra = [...rowOf.keys()].find((name) => !known.has(name));
    throw new CellkernelError(
      "names",
      `${where} has ${rowOf.size - matched} rows for cells that are not in the data, the first ${extra}. ` +
        "Remove them, or ask for a partial join.",
    );
  }
}

/** The given rows of a table; −1 makes a row of missing values. */
export function takeTableRows(table: ColumnTable, rows: Int32Array): ColumnTable {
  return tableOf([...columnsOf(table, "the table")].map(([name, column]) => [name, takeRows(column, rows)]));
}

/** The given rows of a column; −1 makes a missing value. */
export function takeRows(column: Column, rows: Int32Array): Column {
  const holes = rows.includes(-1);
  if (column instanceof Categorical) {
    return new Categorical(
      rows.map((row) => (row < 0 ? -1 : column.codes[row])),
      column.categories,
      column.ordered,
    );
  }
  if (column instanceof TypedColumn) {
    const { dtype, values, missing } = column;
    const taken = Array.isArray(values) ? takeTexts(values, rows) : takeTyped(values as Int32Array, rows);
    const mask =
      missing || holes ? Uint8Array.from(rows, (row) => (row < 0 ? 1 : (missing?.[row] ?? 0))) : undefined;
    return new TypedColumn(dtype, taken, mask);
  }
  if (Array.isArray(column)) {
    return holes
      ? toColumn(
          Array.from(rows, (row) => (row < 0 ? null : column[row])),
          "",
        )
      : takeTexts(column, rows);
  }
  if (!holes) return takeTyped(column as Float32Array, rows);
  if (!(column instanceof Float32Array) && !(column instanceof Float64Array)) {
    return takeRows(new TypedColumn(integerType(column), column), rows);
  }
  const taken = takeTyped(column as Float32Array, rows);
  rows.forEach((row, i) => {
    if (row < 0) taken[i] = Number.NaN;
  });
  return taken;
}

function takeTexts(values: readonly string[], rows: Int32Array): string[] {
  return Array.from(rows, (row) => (row < 0 ? "" : values[row]));
}

/** The same type of array; where there is no row, 0. */
function takeTyped<T extends Int32Array | Float32Array>(values: T, rows: Int32Array): T {
  const out = new (values.constructor as new (length: number) => T)(rows.length);
  rows.forEach((row, i) => {
    if (row >= 0) out[i] = values[row];
  });
  return out;
}

/** "int16" for an Int16Array. */
function integerType(column: object): string {
  return column.constructor.name.replace("Array", "").toLowerCase();
}
