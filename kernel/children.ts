import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import type { Cell } from "./cell.js";
import { context } from "./context.js";
import { descendants, signal } from "./platform.js";

/** Child processes that cells have started, each with its cell. */
export class Children {
  readonly #started = new Map<ChildProcess, Cell | undefined>();

  constructor() {
    subscribe("child_process", (message) => {
      const child = (message as { process: ChildProcess }).process;
      this.#started.set(child, context.current);
      child.once("exit", () => this.#started.delete(child));
    });
  }

  /** Interrupts those of one cell, with what they have started themselves. */
  interrupt(cell: Cell | undefined): void {
    for (const [child, owner] of this.#started) if (owner === cell) end(child, "SIGINT");
  }

  /** Ends all of them. */
  end(): void {
    for (const child of this.#started.keys()) end(child, "SIGTERM");
  }
}

function end(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined) signal([child.pid, ...descendants(child.pid)], name);
}
