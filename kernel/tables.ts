import { inspect } from "node:util";
import type { MimeBundle } from "../src/host/host.js";
import { escapeHtml } from "./escape.js";

/** A table shows its first rows. */
const ROWS = 20;

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
}

/** A table of arquero, Arrow or another library that knows rows and columns; undefined for any other object. */
export function tableBundle(value: object): MimeBundle | undefined {
  const table = value as Table;
  const drawn = typeof table.toHTML === "function";
  const names = drawn ? undefined : columnNames(table);
  if (!drawn && !names) return undefined;
  const [shapeRows, shapeColumns] = shape(table);
  const rows = count(table, table.numRows ?? table.height ?? shapeRows ?? table.rows);
  const columns = count(table, table.numCols ?? table.width ?? shapeColumns ?? table.columns);
  if (rows === undefined || columns === undefined) return undefined;
  const html = names ? draw(table, names, rows) : table.toHTML({ limit: ROWS });
  if (typeof html !== "string") return undefined;
  const size = `${rows} rows × ${columns} columns`;
  const note = rows > ROWS ? `<p>${size}; the first ${ROWS} are shown</p>` : `<p>${size}</p>`;
  return { "text/html": html + note, "text/plain": `Table: ${size}` };
}

/** Of Arrow's tables and those like them, which draw nothing themselves. */
function columnNames(table: Table): string[] | undefined {
  if (typeof table.getChildAt !== "function" || typeof table.numRows !== "number") return undefined;
  const fields = table.schema?.fields ?? table.names;
  if (!Array.isArray(fields)) return undefined;
  return fields.map((field) => String(field?.name ?? field));
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

function draw(table: Table, names: string[], rows: number): string {
  const columns = names.map((_, i) => table.getChildAt(i));
  const row = (tag: string, cells: string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const first = Array.from({ length: Math.min(rows, ROWS) }, (_, i) =>
    row(
      "td",
      columns.map((column) => cellText(column?.get(i))),
    ),
  );
  return `<table><thead>${row("th", names)}</thead><tbody>${first.join("")}</tbody></table>`;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return value.toISOString();
  // A vector or a row within the table.
  const { toJSON } = value as { toJSON?: () => unknown };
  const plain = typeof toJSON === "function" ? toJSON.call(value) : value;
  return inspect(plain, { depth: 1, maxArrayLength: 10, breakLength: Number.POSITIVE_INFINITY });
}
