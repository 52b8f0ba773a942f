import { inspect } from "node:util";
import type { MimeBundle } from "../src/host/host.js";
import { Interrupted } from "./cell.js";
import { elementBundle } from "./elements.js";
import { cut, errorText, textOf } from "./errors.js";
import { imageBundle } from "./images.js";
import { isError } from "./isError.js";
import { plotBundle } from "./plots.js";
import { tableBundle } from "./tables.js";

/**
 * How an object says what it looks like: by a bundle, or by a method that gives one, at once or later.
 * `Jupyter.display` is what Deno's kernel asks for, and libraries answer to.
 */
const MIME_MEMBERS = [Symbol.for("Jupyter.mime"), Symbol.for("Jupyter.display"), "toMime"];

/** What a value looks like; a promise where that takes time, such as the picture of a plot. */
type Looks = MimeBundle | undefined | Promise<MimeBundle>;

const shown = new WeakSet<object>();

/** Marks what only stands for an output, such as the handle of a display: as a cell's result it shows nothing. */
export function shownAlready<T extends object>(value: T): T {
  shown.add(value);
  return value;
}

/** What a front end shows for a value as it is now; undefined for `undefined`, which shows nothing. */
export function mimeBundle(value: unknown): Looks {
  if (value === undefined || shown.has(value as object)) return undefined;
  if (typeof value === "function") return ownBundle(value) ?? textBundle(value);
  if (typeof value !== "object" || value === null) return textBundle(value);
  return (
    ownBundle(value) ??
    elementBundle(value) ??
    tableBundle(value) ??
    plotBundle(value) ??
    imageBundle(value) ??
    textBundle(value)
  );
}

function ownBundle(value: object): Looks {
  for (const name of MIME_MEMBERS) {
    const member = (value as Record<string | symbol, unknown>)[name];
    // A plain `toMime` may be anything; the symbols mean us.
    const found =
      typeof member === "function" ? member.call(value) : typeof name === "symbol" ? member : undefined;
    if (typeof found !== "object" || found === null) continue;
    if (typeof found.then !== "function") return whole(found, value);
    return Promise.resolve(found).then((later) =>
      typeof later === "object" && later !== null ? whole(later, value) : textBundle(value),
    );
  }
  return undefined;
}

/** A bundle whose bytes travel as base64, with a text for those who show nothing else; what is made when read, is so still. */
function whole(bundle: object, value: object): MimeBundle {
  const shown: MimeBundle = {};
  for (const [type, { get, value: data, enumerable }] of Object.entries(
    Object.getOwnPropertyDescriptors(bundle),
  )) {
    if (!enumerable) continue;
    if (!get) shown[type] = asText(data);
    else Object.defineProperty(shown, type, { get: () => asText(get.call(bundle)), enumerable });
  }
  return "text/plain" in shown
    ? shown
    : Object.defineProperties(shown, Object.getOwnPropertyDescriptors(textBundle(value)));
}

/**
 * A bundle's forms that are there; undefined when all are. Others are made when they are read, which takes time: they are
 * shown after these.
 */
export function readyForms(bundle: MimeBundle): MimeBundle | undefined {
  const forms = Object.entries(Object.getOwnPropertyDescriptors(bundle));
  if (!forms.some(([, { get }]) => get)) return undefined;
  return Object.fromEntries(forms.filter(([, { get }]) => !get).map(([type, { value }]) => [type, value]));
}

function asText(data: unknown): unknown {
  if (!(data instanceof Uint8Array)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

export function textBundle(value: unknown): MimeBundle {
  let text: string;
  try {
    text = isError(value)
      ? errorText(value)
      : inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 20_000, breakLength: 100 });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    text = `[${typeof value} that cannot be shown: ${textOf(() => error)}]`;
  }
  return { "text/plain": cut(text) };
}
