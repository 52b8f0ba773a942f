import type { Host, MimeBundle } from "../src/host/host.js";
import { escapeText } from "../src/support/markup.js";
import type { Cell } from "./cell.js";
import { type Comms, onBehalf } from "./comms.js";
import { context } from "./context.js";
import type { Input } from "./input.js";
import { mimeBundle, shownAlready } from "./mime.js";
import type { Output } from "./output.js";
import type { Display, Displayed, Jupyter, Showable } from "./prelude.js";

/** Puts the kernel's host, and the names of the prelude, where cells and the library find them. */
export function installGlobals(output: Output, comms: Comms, input: Input): void {
  const jupyter: Jupyter & Host = {
    display: (bundle, metadata) => shownAlready(output.display(bundle, metadata)),
    get signal() {
      return context.current?.abort.signal ?? new AbortController().signal;
    },
    clearOutput: (wait = false) => output.clear(wait),
    openComm: (target, data, buffers, metadata) => comms.open(target, data, buffers, metadata),
    onComm: (target, opened) => shownAlready(comms.onOpen(target, opened)),
    ofThisCell: onBehalf,
  };
  const names = {
    display: makeDisplay(output),
    html: showable("text/html"),
    markdown: showable("text/markdown"),
    input: (prompt = "", { password = false } = {}) => input.ask(prompt, password),
    prompt: (message = "", otherwise = "") => input.askNow(String(message)) || otherwise,
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
    const looks = mimeBundle(value) ?? NOTHING;
    const handle = isLater(looks)
      ? await inTurn(cell, looks, (bundle) => output.display(bundle, metadata, id, cell))
      : output.display(looks, metadata, id, cell);
    const redraw = inOrder((bundle) => handle.update(bundle));
    return shownAlready({ update: (next) => shownAlready(redraw(next)) });
  };
  const showAgain = async (id: string, value: unknown) => {
    const cell = context.current;
    const looks = mimeBundle(value) ?? NOTHING;
    if (isLater(looks)) await inTurn(cell, looks, (bundle) => output.update(bundle, id, cell));
    else output.update(looks, id, cell);
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

const isLater = (looks: object): looks is Promise<MimeBundle> => looks instanceof Promise;

/** Shows what takes its time in the place that it had when it was asked for. */
async function inTurn<T>(
  cell: Cell | undefined,
  looks: Promise<MimeBundle>,
  show: (bundle: MimeBundle) => T,
): Promise<T> {
  const take = cell?.line.reserve() ?? ((shown: () => void) => shown());
  const [made] = await Promise.allSettled([looks]);
  return new Promise((resolve, reject) => {
    take(() => {
      try {
        if (made.status === "rejected") throw made.reason;
        resolve(show(made.value));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Of several values for one output the one that was given last stays, however long each takes. */
function inOrder(draw: (bundle: MimeBundle) => void): (value: unknown) => Promise<void> {
  let asked = 0;
  let drawn = 0;
  return async (value) => {
    const turn = ++asked;
    const looks = mimeBundle(value) ?? NOTHING;
    const bundle = isLater(looks) ? await looks : looks;
    if (turn < drawn) return;
    drawn = turn;
    draw(bundle);
  };
}

function progressBar(done: number, total: number, label: string): MimeBundle {
  const text = `${label} ${done}/${total}`.trim();
  return {
    "text/html": `<progress value="${Number(done)}" max="${Number(total)}"></progress> ${escapeText(text)}`,
    "text/plain": text,
  };
}

function showable(type: string) {
  return (source: string | TemplateStringsArray, ...values: unknown[]): Showable => {
    const text = typeof source === "string" ? source : String.raw(source, ...values);
    return { toMime: () => ({ [type]: text, "text/plain": text }) };
  };
}
