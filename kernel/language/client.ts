import type { Committed, Compiled, CompiledModule } from "./cells.js";
import type { Completion } from "./complete.js";
import type { IsCompleteContent } from "./incomplete.js";
import type { InspectContent } from "./inspect.js";

/** What the language process can be asked; each call is one message there and one back. */
export interface Language {
  /** @param id by which its functions find their own text again */
  compile(code: string, id: number): Compiled;
  compileModule(file: string, id: number): CompiledModule;
  /** Makes the names of the compiled cell known to later cells, those in `unset` excepted. */
  commit(cell: number, unset: string[]): Committed;
  /** Names of the session with their types, for `%who`. */
  who(): [name: string, type: string][];
  reset(): void;
  /** Packages have been installed: what is known of them may be wrong. */
  installed(): void;
  complete(code: string, cursor: number): Completion;
  inspect(code: string, cursor: number): InspectContent;
  isComplete(code: string): IsCompleteContent;
}

type Method = keyof Language;

export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

export interface Result {
  id: number;
  value?: unknown;
  error?: string;
}

interface Port {
  postMessage(message: Call): void;
  on(event: "message", listener: (message: Result) => void): unknown;
}

/** The other threads' side of the language process. */
export class LanguageClient {
  readonly #port: Port;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;

  constructor(port: Port) {
    this.#port = port;
    port.on("message", ({ id, value, error }) => {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) call?.reject(new Error(error));
      else call?.resolve(value);
    });
  }

  compile = this.#remote("compile");
  compileModule = this.#remote("compileModule");
  commit = this.#remote("commit");
  who = this.#remote("who");
  reset = this.#remote("reset");
  installed = this.#remote("installed");
  complete = this.#remote("complete");
  inspect = this.#remote("inspect");
  isComplete = this.#remote("isComplete");

  /** Passes on a call of another thread. */
  async relay({ id, method, args }: Call): Promise<Result> {
    try {
      return { id, value: await (this[method] as (...args: unknown[]) => Promise<unknown>)(...args) };
    } catch (error) {
      return { id, error: (error as Error).message };
    }
  }

  #remote<M extends Method>(
    method: M,
  ): (...args: Parameters<Language[M]>) => Promise<ReturnType<Language[M]>> {
    return (...args) =>
      new Promise((resolve, reject) => {
        const id = this.#calls++;
        this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        this.#port.postMessage({ id, method, args } satisfies Call);
      });
  }
}
