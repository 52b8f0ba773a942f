import {
  type CellValues,
  type ColumnOffers,
  type ExploreCommand,
  isExploreCommand,
  type PanelData,
  type Refusal,
  uint32,
} from "../../../src/views/contract.js";
import type { Heard, Linked, LinkState } from "../linked.js";

/** A colouring as the kernel gives it: to be taken apart by `decodePanel(panel, cells, [], bytes)`. */
export interface AskedColor {
  /** What was asked for: an `obs` column, a gene, or what the model says. */
  by: string;
  panel: PanelData;
  /** The panel's codes or shades, one of each of the view's cells. */
  bytes: Uint8Array;
}

/** What {@link Ask} tells of by itself. */
interface AskEvents {
  /** `state` has changed. */
  state: () => void;
  /** Code in the kernel, or another page, has selected these rows of the table; also what is selected, when it first answers. */
  select: (rows: Uint32Array, what: string) => void;
  /** Code in the kernel wants the last panel coloured so. */
  color: (coloring: AskedColor) => void;
}

type Answers = { columns: ColumnOffers; color: AskedColor; cells: CellValues[]; find: number | null };

/**
 * What an embedding's view asks of the kernel for which the payload holds no data. Questions are answered when the kernel
 * comes to it; they are rejected, with a sentence for the reader, where it can't or nobody is there.
 *
 * @example
 * const { columns, more } = await ask.columns("cd3");      // [{ name: "CD3D", kind: "gene" }, …]
 * const { panel, bytes } = await ask.color("CD3D");
 * const panelOfView = decodePanel(panel, cells, [], bytes);
 * const end = ask.on("select", (rows, what) => selection.change(rows, what));
 */
export class Ask {
  #next = 0;
  readonly #open = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  readonly #listeners: { [Event in keyof AskEvents]: Set<AskEvents[Event]> } = {
    state: new Set(),
    select: new Set(),
    color: new Set(),
  };

  readonly #link: Linked;
  /** Says again what was said last: views are built anew, and the kernel says it once. */
  readonly #told = new Map<keyof AskEvents, (listener: never) => void>();

  /** @param linked gives the line to the view in the kernel, which tells what it hears and when its state changes */
  constructor(linked: (heard: Heard, changed: () => void) => Linked) {
    this.#link = linked(
      (message, buffers) => this.#hear(message, buffers),
      () => this.#changed(),
    );
  }

  /** "asking" until the kernel has answered; when "lost", nothing but what the payload holds is to be had. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** What cells can be coloured by whose name holds `search`: the beginning of the list. */
  columns(search: string): Promise<ColumnOffers> {
    return this.#ask("columns", { search });
  }

  /** The view's cells by an `obs` column or a gene. */
  color(by: string): Promise<AskedColor> {
    return this.#ask("color", { by });
  }

  /** Names and values of some rows of the table; of the first hundred. */
  cells(rows: ArrayLike<number>): Promise<CellValues[]> {
    return this.#ask("cells", { rows: Array.from(rows) });
  }

  /** The row of the cell of a name, or whose name begins so; null where no cell of the view is called so. */
  find(name: string): Promise<number | null> {
    return this.#ask("find", { name });
  }

  /** Tells the kernel what is selected: sorted rows of the table, and what they are in words. */
  select(rows: Uint32Array, what: string): void {
    this.#told.set("select", (listener: AskEvents["select"]) => listener(rows, what));
    this.#link.send("select" satisfies ExploreCommand, { what }, [
      new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
    ]);
  }

  /** Calls back at each event, and at once for what was told before anyone listened; returns what ends that. */
  on<Event extends keyof AskEvents>(event: Event, listener: AskEvents[Event]): () => void {
    this.#listeners[event].add(listener);
    this.#told.get(event)?.(listener as never);
    return () => void this.#listeners[event].delete(listener);
  }

  #hear(message: Record<string, unknown>, [first = new Uint8Array()]: Uint8Array[]): void {
    const { command, ask, error } = message as Partial<Refusal>;
    if (!isExploreCommand(command)) return;
    const asked = ask === undefined ? undefined : this.#open.get(ask);
    if (ask !== undefined) this.#open.delete(ask);
    if (error !== undefined) asked?.reject(new Error(error));
    else if (command === "columns") asked?.resolve(message as never);
    else if (command === "cells") asked?.resolve(message.cells as never);
    else if (command === "find") asked?.resolve(message.row as never);
    else if (command === "color") {
      const coloring = { ...(message as unknown as AskedColor), bytes: first };
      if (asked) asked.resolve(coloring as never);
      else this.#tell("color", (listener) => listener(coloring));
    } else if (command === "select") {
      const [rows, what] = [uint32(first), String(message.what ?? "")];
      this.#tell("select", (listener) => listener(rows, what));
    }
  }

  #changed(): void {
    if (this.state === "lost") this.#refuse();
    for (const listener of [...this.#listeners.state]) listener();
  }

  #tell<Event extends keyof AskEvents>(event: Event, call: (listener: AskEvents[Event]) => void): void {
    this.#told.set(event, call);
    for (const listener of [...this.#listeners[event]]) call(listener);
  }

  #ask<Command extends keyof Answers>(command: Command, rest: object): Promise<Answers[Command]> {
    const ask = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(ask, { resolve, reject });
      if (!this.#link.send(command, { ...rest, ask })) this.#refuse();
    });
  }

  #refuse(): void {
    for (const { reject } of this.#open.values())
      reject(new Error("The notebook's kernel no longer has these cells: run the cell again."));
    this.#open.clear();
  }
}

/** Milliseconds between two selections that the kernel is told of. */
const REST = 150;

/** What of a selection the kernel takes part in. */
interface Selected {
  readonly rows: Uint32Array;
  readonly what: string;
  change(rows: ArrayLike<number>, what: string): void;
  onChange(listener: () => void): () => void;
}

/**
 * Keeps the page's selection and the kernel's the same; returns what ends that. A page that was reloaded takes the
 * kernel's; a kernel that knows of none, the page's.
 */
export function shareSelection(selection: Selected, ask: Ask): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  /** What both sides are known to have. */
  let shared: { rows: Uint32Array; what: string } | undefined;
  const tell = () => {
    const { rows, what } = selection;
    if (shared === undefined || (same(rows, shared.rows) && what === shared.what)) return;
    shared = { rows, what };
    toldAt = performance.now();
    ask.select(rows, what);
  };
  // The first at once: a cell that is run after a click is to find what was clicked.
  const soon = () => {
    clearTimeout(timer);
    const wait = toldAt + REST - performance.now();
    if (wait <= 0) tell();
    else timer = setTimeout(tell, wait);
  };
  const endings = [
    selection.onChange(soon),
    ask.on("select", (rows, what) => {
      const first = shared === undefined;
      shared = { rows, what };
      if (first && rows.length === 0) tell();
      else if (!same(rows, selection.rows) || what !== selection.what) selection.change(rows, what);
    }),
    ask.on("state", () => {
      if (ask.state === "lost") shared = undefined;
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const end of endings) end();
  };
}

function same(some: Uint32Array, others: Uint32Array): boolean {
  return some === others || (some.length === others.length && some.every((row, i) => row === others[i]));
}
