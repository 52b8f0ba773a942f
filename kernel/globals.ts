import type { Host, MimeBundle } from "../src/host/host.js";
import { context } from "./cell.js";
import type { Comms } from "./comms.js";
import type { Input } from "./input.js";
import { mimeBundle, shownAlready } from "./mime.js";
import type { Output } from "./output.js";
import type { Display, Displayed, Jupyter, Showable } from "./prelude.js";

/** Puts the kernel's host, and the names of the prelude, where cells and the library find them. */
export function installGlobals(output: Output, comms: Comms, input: Input): void {
  const jupyter: Jupyter & Host = {
    display: (bundle, metadata) => shownAlready(output.display(bundle, metadata)),
    get signal() {
      return (context.current ?? context.running)?.abort.signal ?? new AbortController().signal;
    },
    clearOutput: (wait = false) => output.clear(wait),
    openComm: (target, data, buffers) => comms.open(target, data, buffers),
    onComm: (target, opened) => shownAlready(comms.onOpen(target, opened)),
  };
  const names = {
    display: makeDisplay(output),
    html: showable("text/html"),
    markdown: showable("text/markdown"),
    input: (prompt = "", { password = false } = {}) => input.ask(prompt, password),
    jupyter,
    [Symbol.for("cellkernel.host")]: jupyter,
  };
  for (const name of Reflect.ownKeys(names)) {
    const value = names[name as keyof typeof names];
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

const NOTHING: MimeBundle = { "text/plain": "undefined" };

function makeDisplay(output: Output): Display {
  const show = async (
    value: unknown,
    { id, metadata }: { id?: string; metadata?: Record<string, unknown> } = {},
  ): Promise<Displayed> => {
    const cell = context.current;
    const bundle = (await mimeBundle(value)) ?? NOTHING;
    const handle = output.display(bundle, metadata, id, cell);
    const redraw = async (next: unknown) => handle.update((await mimeBundle(next)) ?? NOTHING);
    return shownAlready({ update: (next) => shownAlready(redraw(next)) });
  };
  const showAgain = async (id: string, value: unknown) => {
    const cell = context.current;
    output.update((await mimeBundle(value)) ?? NOTHING, id, cell);
  };
  const progress = (total: number, label = "") => {
    const handle = output.display(progressBar(0, total, label));
    return shownAlready({
      update: (done: number, text = label) => handle.update(progressBar(done, total, text)),
    });
  };
  const display: Display = Object.assign(
    (...shown: Parameters<typeof show>) => shownAlready(show(...shown)),
    { update: (id: string, value: unknown) => shownAlready(showAgain(id, value)), progress },
  );
  return display;
}

function progressBar(done: number, total: number, label: string): MimeBundle {
  const text = `${label} ${done}/${total}`.trim();
  return {
    "text/html": `<progress value="${done}" max="${total}"></progress> ${escapeHtml(text)}`,
    "text/plain": text,
  };
}

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function showable(type: string) {
  return (source: string | TemplateStringsArray, ...values: unknown[]): Showable => {
    const text = typeof source === "string" ? source : String.raw({ raw: source }, ...values);
    return { toMime: () => ({ [type]: text, "text/plain": text }) };
  };
}
