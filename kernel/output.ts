import { randomUUID } from "node:crypto";
import type { DisplayHandle, MimeBundle } from "../src/protocol/host.js";
import { type Cell, context } from "./cell.js";
import type { Outgoing } from "./wire.js";

/** A cell's streams are cut here: front ends become unusable, and Jupyter Server drops what comes faster than 1 MB/s. */
export const MOST_TEXT = 2_000_000;
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
    this.#publish({ type, content, parent: cell.parent });
  }

  stream(name: "stdout" | "stderr", text: string, cell = context.current): void {
    if (!cell || cell.written > MOST_TEXT) return;
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
    this.send(cell, "display_data", { data: bundle, metadata, transient: { display_id: id } });
    return new Display((data) => this.update(data, id, cell), this.#displays);
  }

  update(bundle: MimeBundle, id: string, cell = context.current): void {
    this.send(cell, "update_display_data", { data: bundle, metadata: {}, transient: { display_id: id } });
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
      const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
        this.stream(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
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
