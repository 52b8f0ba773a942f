import type { MimeBundle } from "./host.js";

/** Something that a notebook cell draws when it is its value. */
export interface Displayable {
  [mime: symbol]: () => MimeBundle | Promise<MimeBundle>;
}

/** What the kernel asks a value for. */
const MIME = Symbol.for("Jupyter.mime");

/** A value that looks like `view`. */
export function displayable(view: () => MimeBundle | Promise<MimeBundle>): Displayable {
  return { [MIME]: view };
}

/** Gives plain data a look in notebooks; to everything else it stays plain. */
export function withView<T extends object>(data: T, view: (data: T) => MimeBundle | Promise<MimeBundle>): T {
  return Object.defineProperty(data, MIME, { value: () => view(data) });
}
