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

/** A bundle that a cell shows when it is its value, and not its text. */
export function shown<T extends MimeBundle>(bundle: T): T {
  return MIME in bundle ? bundle : withView(bundle, (own) => own);
}

/** {@link shown} for a view that takes time: its promise too shows the bundle, since a cell's value is not awaited. */
export function shownLater<T extends MimeBundle>(draw: () => Promise<T>): Promise<T> {
  return Object.defineProperty(draw().then(shown), MIME, {
    value(this: Promise<T>) {
      return this;
    },
  });
}

/** The bundle of something that shows itself, or that is one. */
export function bundleOf(view: MimeBundle | Displayable): MimeBundle | Promise<MimeBundle> {
  return MIME in view ? (view as Displayable)[MIME]() : (view as MimeBundle);
}

/** A bundle with one more form, which takes time: made when it is first read. Our kernel shows the others before. */
export function withLater<T extends MimeBundle>(bundle: T, type: string, make: () => unknown): T {
  let made: unknown;
  const get = () => {
    made ??= make();
    return made;
  };
  return Object.defineProperty(bundle, type, { get, enumerable: true, configurable: true });
}

/** Gives plain data a look in notebooks; to everything else it stays plain. */
export function withView<T extends object>(data: T, view: (data: T) => MimeBundle | Promise<MimeBundle>): T {
  return Object.defineProperty(data, MIME, { value: () => view(data) });
}
