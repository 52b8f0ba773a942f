import type { Cell } from "./cell.js";
import { context } from "./context.js";

/** Asks the user for lines of text, one after the other. */
export class Input {
  readonly #ask: (prompt: string, password: boolean) => void;
  #before: Promise<unknown> = Promise.resolve();
  #answered: (value: string) => void = () => {};

  /** @param ask shows a prompt below the running cell; `answer` is then called with what was typed */
  constructor(ask: (prompt: string, password: boolean) => void) {
    this.#ask = ask;
  }

  /** Throws where there is nobody to ask, or no cell to ask below. */
  async ask(prompt: string, password: boolean): Promise<string> {
    const cell = context.current;
    if (!cell || cell !== context.running) throw new Error("input() was called after its cell had ended");
    if (!cell.allowStdin)
      throw new Error("input() needs a front end that can ask; this one does not allow it");
    const answered = this.#before.then(() => this.#next(cell, prompt, password));
    this.#before = answered.catch(() => {});
    return answered;
  }

  answer(value: string): void {
    this.#answered(value);
  }

  #next(cell: Cell, prompt: string, password: boolean): Promise<string> {
    const answered = new Promise<string>((resolve) => {
      this.#answered = resolve;
    });
    this.#ask(prompt, password);
    return Promise.race([answered, cell.failed]);
  }
}
