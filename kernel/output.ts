import { randomUUID } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import type { DisplayHandle, MimeBundle } from "../src/host/host.js";
import { pictureMetadata } from "../src/views/pictureMetadata.js";
import type { Cell } from "./cell.js";
import { context } from "./context.js";
import { readyForms } from "./mime.js";
import type { Outgoing } from "./wire.js";

/** A cell's streams are cut here: front ends become unusable, and Jupyter Server drops what comes faster than 1 MB/s. */
export const MOST_TEXT = 2_000_000;
/** What a cell shows beside its streams, in characters of JSON: pictures, tables, plots. */
const MOST_SHOWN = 20_000_000;
const SHOWING = new Set(["display_data", "execute_result", "update_display_data"]);
/** An output that stays on the page is drawn again at most this often. */
const UPDATE_MS = 100;

// The kernel's own timers belong to no cell.
const { setTimeout, clearTimeout } = globalThis;

/** What cells print and show: to the cell that they belong to, in bounded amounts. */
export class Output {
  readonly #publish: (message: Outgoing) => void;
  readonly #displays = new Set<Display>();

  constructor(publish: (message: Outgoing) => void) {
    this.#publish = publish;
  }

  /** Sends a message to the outputs of `cell`. */
  send(cell: Cell | undefined, type: string, content: object): void {
    if (!cell || cell.silent) return;
    const json = JSON.stringify(content);
    if (SHOWING.has(type) && !this.#fits(cell, type, json.length)) return;
    cell.line.show(() => this.#publish({ type, content: json, parent: cell.parent }));
  }

  /** Whether the page can bear one more output of this size; an update takes the place of another. */
  #fits(cell: Cell, type: string, length: number): boolean {
    const replaces = type === "update_display_data";
    if ((replaces ? 0 : cell.shown) + length <= MOST_SHOWN) {
      if (!replaces) cell.shown += length;
      return true;
    }
    this.stream(
      "stderr",
      `[cut: an output of ${length} characters; a cell shows ${MOST_SHOWN / 1e6} million]\n`,
      cell,
    );
    return false;
  }

  stream(name: "stdout" | "stderr", text: string, cell = context.current): void {
    if (!cell || text === "" || cell.written > MOST_TEXT) return;
    cell.written += text.length;
    if (cell.written <= MOST_TEXT) {
      this.send(cell, "stream", { name, text });
      return;
    }
    const rest = text.slice(0, text.length - (cell.written - MOST_TEXT));
    this.send(cell, "stream", { name, text: rest });
    const note = `\n[cut: this cell has written ${MOST_TEXT / 1e6} million characters; the rest is left out]\n`;
    this.send(cell, "stream", { name: "stderr", text: note });
  }

  display(
    bundle: MimeBundle,
    metadata: object = {},
    id: string = randomUUID(),
    cell = context.current,
  ): DisplayHandle {
    const ready = readyForms(bundle);
    const data = ready ?? bundle;
    this.send(cell, "display_data", {
      ...{ data, metadata: { ...pictureMetadata(data), ...metadata } },
      transient: { display_id: id },
    });
    const display = new Display((later) => this.update(later, id, cell, metadata), this.#displays);
    if (ready) display.later(bundle);
    return display;
  }

  /** Shows the value of a cell. Only what is displayed can be drawn again, as a value that isn't ready must be. */
  result(bundle: MimeBundle, cell: Cell): void {
    if (readyForms(bundle)) this.display(bundle, {}, undefined, cell);
    else {
      const metadata = pictureMetadata(bundle);
      this.send(cell, "execute_result", { data: bundle, metadata, execution_count: cell.count });
    }
  }

  update(bundle: MimeBundle, id: string, cell = context.current, metadata: object = {}): void {
    // Once: a form that is made when it is asked for is asked for here.
    const data = { ...bundle };
    this.send(cell, "update_display_data", {
      ...{ data, metadata: { ...pictureMetadata(data), ...metadata } },
      transient: { display_id: id },
    });
  }

  clear(wait: boolean): void {
    this.send(context.current, "clear_output", { wait });
  }

  /** Draws what waits for its turn, before the cell is reported as ended. */
  flush(): void {
    for (const display of this.#displays) display.flush();
  }

  /** Sends what `process.stdout` and `process.stderr` are given to the running cell. */
  captureStreams(): void {
    for (const name of ["stdout", "stderr"] as const) {
      // A character may come in two parts.
      const decoder = new StringDecoder();
      const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
        const plain =
          typeof chunk === "string" && (typeof encoding !== "string" || /^utf-?8$/i.test(encoding));
        const bytes = () =>
          typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk);
        this.stream(name, plain ? chunk : decoder.write(bytes()));
        const done = typeof encoding === "function" ? encoding : callback;
        if (typeof done === "function") process.nextTick(done as () => void);
        return true;
      };
      Object.defineProperty(process[name], "write", { value: write, writable: true, configurable: true });
    }
  }
}

/** An output on the page; of updates that come too fast, the last is drawn. */
class Display implements DisplayHandle {
  #last = 0;
  #waiting: MimeBundle | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly draw: (bundle: MimeBundle) => void,
    readonly open: Set<Display>,
  ) {}

  /** Draws the rest of what is shown already, unless something else comes before. */
  later(bundle: MimeBundle): void {
    this.#last = Date.now();
    this.update(bundle);
  }

  update(bundle: MimeBundle): void {
    this.#waiting = bundle;
    const wait = this.#last + UPDATE_MS - Date.now();
    if (wait <= 0) this.flush();
    else if (!this.#timer) {
      this.open.add(this);
      this.#timer = setTimeout(() => this.flush(), wait);
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.open.delete(this);
    if (!this.#waiting) return;
    this.#last = Date.now();
    const bundle = this.#waiting;
    this.#waiting = undefined;
    this.draw(bundle);
  }
}
