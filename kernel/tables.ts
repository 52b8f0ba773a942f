import { inspect } from "node:util";
import type { MimeBundle } from "../src/host/host.js";
import { escapeText } from "../src/support/markup.js";
import { tableMarkup } from "./tableMarkup.js";

/** A table shows its first rows. */
const ROWS = 20;
/** Significant digits of numbers that are no integers. */
const DIGITS = 6;

/** What libraries for tables call their size, and what draws them. */
interface Table {
  numRows: unknown;
  numCols: unknown;
  height: unknown;
  width: unknown;
  shape: unknown;
  rows: unknown;
  columns: unknown;
  names: unknown;
  schema: { fields?: unknown };
  toHTML(options: { limit: number }): unknown;
  getChildAt(column: number): { get(row: number): unknown } | null;
  columnNames(): unknown;
  get(column: string, row: number): unknown;
}

/** A table's columns, by name. */
type Columns = { name: string; get(row: number): unknown }[];

/** A table of arquero, Arrow or another library that knows rows and columns; undefined for any other object. */
export function tableBundle(value: object): MimeBundle | undefined {
  const table = value as Table;
  const columns = arqueroColumns(table) ?? arrowColumns(table);
  if (!columns && typeof table.toHTML !== "function") return undefined;
  const [shapeRows, shapeColumns] = shape(table);
  const rows = count(table, table.numRows ?? table.height ?? shapeRows ?? table.rows);
  const width = count(table, table.numCols ?? table.width ?? shapeColumns ?? table.columns);
  if (rows === undefined || width === undefined) return undefined;
  const html = columns ? draw(columns, rows) : table.toHTML({ limit: ROWS });
  if (typeof html !== "string") return undefined;
  const size = `${rows} rows × ${width} columns`;
  const note = rows > ROWS ? `<p>${size}; the first ${ROWS} are shown</p>` : `<p>${size}</p>`;
  return { "text/html": (columns ? html : tableMarkup(html)) + note, "text/plain": `Table: ${size}` };
}

/** arquero draws its tables itself, but takes the names of columns for markup. */
function arqueroColumns(table: Table): Columns | undefined {
  if (typeof table.columnNames !== "function" || typeof table.get !== "function") return undefined;
  const names = table.columnNames();
  if (!Array.isArray(names)) return undefined;
  return names.map(String).map((name) => ({ name, get: (row) => table.get(name, row) }));
}

/** Of Arrow's tables and those like them, which draw nothing themselves. */
function arrowColumns(table: Table): Columns | undefined {
  if (typeof table.getChildAt !== "function" || typeof table.numRows !== "number") return undefined;
  const fields = table.schema?.fields ?? table.names;
  if (!Array.isArray(fields)) return undefined;
  return fields.map((field, i) => {
    const column = table.getChildAt(i);
    return { name: String(field?.name ?? field), get: (row) => column?.get(row) };
  });
}

/** A size may be a number, a method that counts, or what is to be counted. */
function count(table: Table, size: unknown): number | undefined {
  const found = typeof size === "function" ? size.call(table) : size;
  if (Array.isArray(found)) return found.length;
  return typeof found === "number" ? found : undefined;
}

/** `[rows, columns]`, or both by name. */
function shape({ shape }: Table): [unknown, unknown] | [] {
  if (Array.isArray(shape)) return [shape[0], shape[1]];
  if (typeof shape !== "object" || shape === null) return [];
  const { height, width } = shape as { height?: unknown; width?: unknown };
  return [height, width];
}

function draw(columns: Columns, rows: number): string {
  const body: string[] = [];
  for (let row = 0; row < Math.min(rows, ROWS); row++)
    body.push(`<tr>${columns.map((column) => cell(column.get(row))).join("")}</tr>`);
  const head = columns.map(({ name }) => `<th>${escapeText(name)}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function cell(value: unknown): string {
  const numeric = typeof value === "number" || typeof value === "bigint";
  return `<td${numeric ? ' style="text-align: right"' : ""}>${escapeText(cellText(value))}</td>`;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number")
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
  if (typeof value === "string" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return value.toISOString();
  // A vector or a row within the table.
  const { toJSON } = value as { toJSON?: () => unknown };
  const plain = typeof toJSON === "function" ? toJSON.call(value) : value;
  return inspect(plain, { depth: 1, maxArrayLength: 10, breakLength: Number.POSITIVE_INFINITY });
}
