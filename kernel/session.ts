import { Cell, Interrupted } from "./cell.js";
import { context } from "./context.js";
import { errorContent } from "./errors.js";
import type { Executor } from "./executor.js";
import { isError } from "./isError.js";
import type { LanguageClient } from "./language/client.js";
import { duration, listNames, splitCell } from "./magics.js";
import { mimeBundle } from "./mime.js";
import type { Output } from "./output.js";
import { runCommand } from "./shell.js";
import { type ExecuteOrder, type Outcome, Phase, Slot } from "./threads.js";

const { setImmediate } = globalThis;

/** Runs cells one after the other, and says how each ended. */
export class NotebookSession {
  constructor(
    readonly executor: Executor,
    readonly language: LanguageClient,
    readonly output: Output,
    readonly shared: Int32Array,
  ) {}

  execute(order: ExecuteOrder): Promise<Outcome> {
    const cell = new Cell(order.parent, order.count, order.silent, order.allowStdin);
    context.begin(cell);
    return context.on(cell, () => this.#execute(order, cell));
  }

  async #execute(order: ExecuteOrder, cell: Cell): Promise<Outcome> {
    Atomics.store(this.shared, Slot.interrupt, 0);
    Atomics.add(this.shared, Slot.cells, 1);
    Atomics.store(this.shared, Slot.phase, Phase.asynchronous);
    let outcome: Outcome;
    try {
      await this.#run(order.code, cell);
      outcome = { status: "ok", user_expressions: await this.#evaluate(order.expressions, cell) };
    } catch (error) {
      // What an interrupt makes a cell throw, such as the failure of the child process that it
      // waited for, is the interrupt.
      const interrupted = Atomics.load(this.shared, Slot.interrupt) === 1;
      outcome = { status: "error", ...errorContent(interrupted ? new Interrupted() : error) };
    }
    if (cell.interrupted) cell.line.hurry();
    // Callbacks that are due may still print, and what nobody caught is reported by now.
    await new Promise((resolve) => setImmediate(resolve));
    if (cell.failure && outcome.status === "ok")
      outcome = { status: "error", ...errorContent(cell.failure.error) };
    this.output.flush();
    if (outcome.status === "error") {
      const { ename, evalue, traceback } = outcome;
      this.output.send(cell, "error", { ename, evalue, traceback });
    }
    await cell.line.settled();
    Atomics.store(this.shared, Slot.phase, Phase.idle);
    Atomics.store(this.shared, Slot.interrupt, 0);
    cell.end();
    context.end();
    return outcome;
  }

  async #run(source: string, cell: Cell): Promise<void> {
    const isName = (name: string) => name in this.executor.scope || name in globalThis;
    const { commands, magic, code } = splitCell(source, isName);
    for (const { command, isNpm } of commands) {
      const ended = context.on(cell, () => runCommand(command, isNpm, this.executor.directory));
      await Promise.race([ended, cell.failed]);
      if (isNpm) await this.language.installed();
    }
    if (magic === "who") this.output.stream("stdout", `${await listNames(this.language)}\n`, cell);
    if (magic === "reset") {
      await this.language.reset();
      for (const name of Object.keys(this.executor.scope)) delete this.executor.scope[name];
    }
    const took = (time: number) => this.output.stream("stdout", `took ${duration(time)}\n`, cell);
    const value = await this.executor.run(code, cell, magic === "time" ? took : undefined);
    const data = value && (await Promise.race([mimeBundle(value[0]), cell.failed]));
    if (data) this.output.result(data, cell);
  }

  async #evaluate(expressions: Record<string, string>, cell: Cell): Promise<Record<string, unknown>> {
    const results: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      try {
        const value = await this.executor.run(`(${expression}\n)`, cell);
        const data = (await mimeBundle(value?.[0])) ?? { "text/plain": "undefined" };
        // What is no JSON is the fault of the value that shows itself so.
        results[name] = { status: "ok", data: JSON.parse(JSON.stringify(data)), metadata: {} };
      } catch (error) {
        results[name] = { status: "error", ...errorContent(error) };
      }
    }
    return results;
  }

  interrupt(): void {
    if (context.running) context.running.interrupt();
    // What an earlier cell has left behind has heard of it by now.
    else Atomics.store(this.shared, Slot.interrupt, 0);
  }

  /** An error that nobody caught ends the cell that it came from, and none that runs meanwhile. */
  uncaught(error: unknown, cell: Cell | undefined): void {
    if (isError(error) && error instanceof Interrupted) return;
    if (cell && cell === context.running) cell.fail(error);
    else this.output.send(cell, "error", errorContent(error));
  }
}
