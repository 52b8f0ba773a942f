import { inspect } from "node:util";
import type { MimeBundle } from "../src/host/host.js";
import { Interrupted } from "./cell.js";
import { cut, errorText, isError } from "./errors.js";
import { plotBundle } from "./plots.js";

/** How an object says what it looks like. `Jupyter.display` is what Deno's kernel asks for, and libraries answer to. */
const MIME_METHODS = [Symbol.for("Jupyter.mime"), Symbol.for("Jupyter.display"), "toMime"];
/** A table shows its first rows. */
const ROWS = 20;

const shown = new WeakSet<object>();

/** Marks what only stands for an output, such as the handle of a display: as a cell's result it shows nothing. */
export function shownAlready<T extends object>(value: T): T {
  shown.add(value);
  return value;
}

/** What a front end shows for a value; undefined for `undefined`, which shows nothing. */
export async function mimeBundle(value: unknown): Promise<MimeBundle | undefined> {
  if (value === undefined || shown.has(value as object)) return undefined;
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" ? ((await ownBundle(value)) ?? textBundle(value)) : textBundle(value);
  }
  return (
    (await ownBundle(value)) ??
    tableBundle(value) ??
    (await plotBundle(value)) ??
    imageBundle(value) ??
    textBundle(value)
  );
}

async function ownBundle(value: object): Promise<MimeBundle | undefined> {
  for (const name of MIME_METHODS) {
    const method = (value as Record<string | symbol, unknown>)[name];
    if (typeof method !== "function") continue;
    const bundle: unknown = await method.call(value);
    if (typeof bundle === "object" && bundle !== null) {
      const entries = Object.entries(bundle).map(([type, data]) => [type, asText(data)]);
      const text = "text/plain" in bundle ? {} : textBundle(value);
      return { ...Object.fromEntries(entries), ...text };
    }
  }
  return undefined;
}

/** Bytes travel as base64. */
function asText(data: unknown): unknown {
  if (!(data instanceof Uint8Array)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

interface Table {
  numRows(): number;
  numCols(): number;
  toHTML(options: { limit: number }): string;
}

/** An arquero table. */
function tableBundle(value: object): MimeBundle | undefined {
  const table = value as Partial<Table>;
  if (
    typeof table.toHTML !== "function" ||
    typeof table.numRows !== "function" ||
    typeof table.numCols !== "function"
  ) {
    return undefined;
  }
  const rows = table.numRows();
  const size = `${rows} rows × ${table.numCols()} columns`;
  const note = rows > ROWS ? `<p>${size}; the first ${ROWS} are shown</p>` : `<p>${size}</p>`;
  return { "text/html": table.toHTML({ limit: ROWS }) + note, "text/plain": `Table: ${size}` };
}

const SIGNATURES: [type: string, bytes: number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

/** The bytes of a picture. */
function imageBundle(value: object): MimeBundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => value[i] === byte));
  if (!found) return undefined;
  return { [found[0]]: asText(value), "text/plain": `${found[0]}, ${value.length} bytes` };
}

export function textBundle(value: unknown): MimeBundle {
  let text: string;
  try {
    text = isError(value)
      ? errorText(value)
      : inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 20_000, breakLength: 100 });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    text = `[${typeof value} that cannot be shown: ${String(error)}]`;
  }
  return { "text/plain": cut(text) };
}
