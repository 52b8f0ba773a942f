import type { Cell } from "./cell.js";
import { context } from "./context.js";

/** The front end's side of a question. */
interface Asking {
  /** Shows a prompt below the running cell; `answer` is then called with what was typed. */
  ask(prompt: string, password: boolean): void;
  /** Holds up this thread until something was typed. Throws when the user interrupts the cell. */
  wait(): string;
}

/** Asks the user for lines of text, one after the other. */
export class Input {
  readonly #asking: Asking;
  #before: Promise<unknown> = Promise.resolve();
  #answered: (value: string) => void = () => {};
  /** Questions that wait for their answer. */
  #open = 0;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** Throws where there is nobody to ask, or no cell to ask below. */
  async ask(prompt: string, password: boolean): Promise<string> {
    const cell = asked("input()");
    const answered = this.#before.then(() => this.#next(cell, prompt, password));
    this.#before = answered.catch(() => {});
    return answered;
  }

  /** Asks before anything else happens, as `prompt()` does in a browser. */
  askNow(prompt: string): string {
    asked("prompt()");
    if (this.#open > 0) throw new Error("prompt() cannot ask while another question waits for its answer");
    this.#asking.ask(prompt, false);
    return this.#asking.wait();
  }

  answer(value: string): void {
    this.#answered(value);
  }

  async #next(cell: Cell, prompt: string, password: boolean): Promise<string> {
    this.#open++;
    const answered = new Promise<string>((resolve) => {
      this.#answered = resolve;
    });
    this.#asking.ask(prompt, password);
    try {
      const ended = cell.ended.then(() => Promise.reject(new CellEnded("input()")));
      return await Promise.race([answered, cell.failed, ended]);
    } finally {
      this.#open--;
    }
  }
}

/** A question that has no cell any more below which it could stand. */
export class CellEnded extends Error {
  constructor(by: string) {
    super(`${by} was called after its cell had ended, or not awaited by it`);
  }
}

/** The cell below which the user can be asked. */
function asked(by: string): Cell {
  const cell = context.current;
  if (!cell || cell !== context.running) throw new CellEnded(by);
  if (!cell.allowStdin) throw new Error(`${by} needs a front end that can ask; this one does not allow it`);
  return cell;
}
