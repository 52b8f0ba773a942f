import { Line } from "./line.js";
import type { Header } from "./wire.js";

/** Thrown in a cell that the user has interrupted. */
export class Interrupted extends Error {
  override name = "Interrupted";
  constructor() {
    super("the cell was interrupted");
  }
}

/** One execution of one cell: where its outputs go, and whether it has to stop. */
export class Cell {
  /** Aborted when the user interrupts the cell. */
  readonly abort = new AbortController();
  /** Characters that the cell has written to its streams. */
  written = 0;
  /** Characters of what it has shown beside them. */
  shown = 0;
  /** What it shows, in order. */
  readonly line = new Line();
  /** Rejects when something outside of the cell's own flow ends it. */
  readonly failed: Promise<never>;
  /** What it was that ended it. */
  failure: { error: unknown } | undefined;
  /** Resolves when the front end has been told how it ended. */
  readonly ended: Promise<void>;
  /** Says that it has ended. */
  end!: () => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly parent: Header,
    readonly count: number,
    readonly silent = false,
    readonly allowStdin = false,
  ) {
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    // Nobody listens when the cell has ended before.
    this.failed.catch(() => {});
  }

  get interrupted(): boolean {
    return this.abort.signal.aborted;
  }

  /** The same place on the page for what goes on after the cell, which an interrupt of the cell has not ended. */
  afterwards(): Cell {
    return new Cell(this.parent, this.count, this.silent);
  }

  interrupt(): void {
    const reason = new Interrupted();
    this.abort.abort(reason);
    this.fail(reason);
  }

  /** Ends the cell with an error that was thrown outside of its own flow, for instance in a timer. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.#reject(error);
  }
}
