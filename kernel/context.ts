import { AsyncResource, executionAsyncId, triggerAsyncId } from "node:async_hooks";
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
  /** What was thrown last, and on whose behalf. */
  #thrown: { error: unknown; cell: Cell | undefined } | undefined;
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

  /** Runs `code` on behalf of `cell`. */
  on<T>(cell: Cell | undefined, code: () => T): T {
    const before = this.#known;
    this.leave();
    this.enter(cell);
    try {
      return code();
    } catch (error) {
      if (!this.#isThrown(error)) this.#thrown = { error, cell };
      throw error;
    } finally {
      this.leave();
      this.enter(before);
    }
  }

  /** The cell whose code has thrown an error that nobody has caught, as far as that is known. */
  throwerOf(error: unknown): Cell | undefined {
    const cell = this.#isThrown(error) ? this.#thrown?.cell : undefined;
    this.#thrown = undefined;
    return cell;
  }

  #isThrown(error: unknown): boolean {
    return this.#thrown !== undefined && Object.is(this.#thrown.error, error);
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
