import { AsyncResource, executionAsyncId, triggerAsyncId } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import type { Cell } from "./cell.js";

/** So many of the latest stretches of time are remembered. */
const KEPT = 1000;

/** The number that Node gives to what is begun next. */
const nextNumber = () => new AsyncResource("Cell").asyncId();

/**
 * Which cell the code that runs now belongs to. Promises and timers know theirs; a callback of Node's own
 * (a file that was read, a request that came in) is recognised by the number that Node gave it when it was
 * begun. (AsyncLocalStorage would do this by itself, but Node 20 aborts when an execution is terminated while
 * its hooks are on.)
 */
class Context {
  /** The cell that the front end waits for. */
  running: Cell | undefined;
  #latest: Cell | undefined;
  /** Set while code runs of which we know the cell. */
  #known: Cell | undefined;
  /** The first number since `#known` is another cell than the latest. */
  #since: number | undefined;
  /** Whose time it was from which number on. */
  readonly #stretches: { first: number; cell: Cell }[] = [];

  get current(): Cell | undefined {
    return this.#known ?? this.#byNumber() ?? this.#latest;
  }

  /** Whether `current` is more than a guess. */
  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** What begins now is of this cell, unless another is known to have begun it. */
  begin(cell: Cell): void {
    this.running = this.#latest = cell;
    this.#remember(nextNumber(), cell);
  }

  end(): void {
    this.running = undefined;
  }

  /**
   * Runs `code` on behalf of `cell`. After a throw the cell stays known: whoever hears of what nobody caught
   * has to know whose it was, and calls `leave`.
   */
  on<T>(cell: Cell | undefined, code: () => T): T {
    const before = this.#known;
    this.leave();
    this.enter(cell);
    const value = code();
    this.leave();
    this.enter(before);
    return value;
  }

  enter(cell: Cell | undefined): void {
    this.#known = cell;
    if (cell && cell !== this.#latest) this.#since = nextNumber();
  }

  leave(): void {
    const cell = this.#known;
    this.#known = undefined;
    if (this.#since === undefined) return;
    const number = nextNumber();
    if (number > this.#since + 1) {
      this.#remember(this.#since, cell!);
      this.#remember(number, this.#latest!);
    }
    this.#since = undefined;
  }

  #remember(first: number, cell: Cell): void {
    this.#stretches.push({ first, cell });
    if (this.#stretches.length > KEPT) this.#stretches.shift();
  }

  /** The cell in whose time the present callback, or what caused it, was begun. */
  #byNumber(): Cell | undefined {
    const oldest = this.#stretches[0]?.first;
    const numbers = [executionAsyncId(), triggerAsyncId()].filter((number) => number >= oldest);
    const number = Math.min(...numbers);
    return this.#stretches.findLast(({ first }) => first <= number && number < Number.POSITIVE_INFINITY)
      ?.cell;
  }
}

export const context = new Context();

class Itself {
  constructor(itself: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a class that extends this one adds its fields to `itself`.
    return itself;
  }
}

/** Writes on a promise, where nobody else can see it, for which cell it was made. */
class Owned extends Itself {
  readonly #cell: Cell | undefined;

  constructor(promise: Promise<unknown>, cell: Cell | undefined) {
    super(promise);
    this.#cell = cell;
  }

  static by(promise: object): Cell | undefined {
    return #cell in promise ? promise.#cell : undefined;
  }
}

/** For which cell a promise was made. */
export const ownerOf = (promise: object): Cell | undefined => Owned.by(promise);

/** Makes what is begun go on, and end, on behalf of the cell that began it. */
export function followCells(): void {
  promiseHooks.createHook({
    init: (promise) => void new Owned(promise, context.current),
    before: (promise) => context.enter(Owned.by(promise)),
    after: () => context.leave(),
  });
  const timers = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const;
  for (const name of timers) globalThis[name] = bound(globalThis[name] as Begin) as never;
  process.nextTick = bound(process.nextTick as Begin) as typeof process.nextTick;
}

type Callback = (...args: unknown[]) => void;
type Begin = (callback: Callback, ...rest: unknown[]) => unknown;

function bound(begin: Begin): Begin {
  const bound = (callback: Callback, ...rest: unknown[]) => {
    const cell = context.current;
    if (typeof callback !== "function" || !cell) return begin(callback, ...rest);
    return begin((...args) => context.on(cell, () => callback(...args)), ...rest);
  };
  // `util.promisify(setTimeout)` finds its promise form here.
  return Object.defineProperties(bound, Object.getOwnPropertyDescriptors(begin));
}
