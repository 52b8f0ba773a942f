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
  /** Rejects when something outside of the cell's own flow ends it. */
  readonly failed: Promise<never>;
  /** What it was that ended it. */
  failure: { error: unknown } | undefined;
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
    // Nobody listens when the cell has ended before.
    this.failed.catch(() => {});
  }

  get interrupted(): boolean {
    return this.abort.signal.aborted;
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

/**
 * Which cell the code that runs now belongs to. Compiled code restores it after each `await`,
 * the timers in their callbacks. (AsyncLocalStorage would do this by itself, but Node 20 aborts
 * when an execution is terminated while its hooks are on.)
 */
export const context: { current: Cell | undefined; running: Cell | undefined } = {
  current: undefined,
  running: undefined,
};

/** Goes on with `cell`, unless it was interrupted meanwhile. */
export function resume(cell: Cell | undefined): void {
  if (cell?.interrupted) throw new Interrupted();
  if (context.current === cell) return;
  context.current = cell;
  if (cell === context.running) return;
  queueMicrotask(() => {
    context.current = context.running ?? cell;
  });
}

/** Makes timers run on behalf of the cell that set them. */
export function bindTimers(): void {
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    const original = globalThis[name] as (
      callback: (...args: unknown[]) => void,
      ...rest: unknown[]
    ) => unknown;
    const bound = (callback: (...args: unknown[]) => void, ...rest: unknown[]) => {
      const cell = context.current;
      if (typeof callback !== "function" || !cell) return original(callback, ...rest);
      const call = (...args: unknown[]) => {
        const before = context.current;
        context.current = cell;
        callback(...args);
        context.current = before;
      };
      return original(call, ...rest);
    };
    // `util.promisify(setTimeout)` finds its promise form here.
    Object.defineProperties(bound, Object.getOwnPropertyDescriptors(original));
    globalThis[name] = bound as never;
  }
}
