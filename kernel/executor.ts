import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { type Cell, Interrupted } from "./cell.js";
import { context } from "./context.js";
import { CompileError, rememberSource } from "./errors.js";
import { evaluated } from "./evaluated.js";
import type { LanguageClient } from "./language/client.js";
import { type Evaluate, fileOf, Modules, queryOf } from "./modules.js";
import { bind, type Namespace, namespace, required } from "./namespace.js";
import { newOriginal, rememberOriginal } from "./originals.js";
import { Phase, Slot } from "./threads.js";
import { caught } from "./wording.js";

type Body = (scope: Namespace, kernel: object, ...module: ModuleVariables) => Promise<[unknown] | undefined>;

/** What Node gives every module: `import.meta`, and for CommonJS these three. */
type ModuleVariables = [meta: object, require: NodeJS.Require, __filename: string, __dirname: string];

const RUN = Symbol.for("cellkernel.run");
// SIGINT ends what runs inside of this script, the synchronous part of a cell.
const INTERRUPTIBLE = new vm.Script('globalThis[Symbol.for("cellkernel.run")]()', {
  filename: "node:cellkernel",
});
const { setImmediate } = globalThis;

/** Compiles cells and runs them in this thread. */
export class Executor {
  /** Variables of the session. */
  readonly scope: Namespace = new Scope();
  readonly modules: Modules;
  readonly #language: LanguageClient;
  readonly #shared: Int32Array;
  readonly #notebook: ModuleVariables;

  constructor(
    language: LanguageClient,
    shared: Int32Array,
    readonly directory: string,
    special: Record<string, () => Promise<Namespace>> = {},
  ) {
    this.#language = language;
    this.#shared = shared;
    const evaluate: Evaluate = async (id, { js, map, edits }, original, scope) => {
      const file = fileOf(id);
      const code = readFileSync(file, "utf8");
      rememberSource(file, { label: file, code, map });
      rememberOriginal(original, { code, edits });
      await this.#body(js, file)(scope, this.#kernel(id), ...this.#variablesOf(file, queryOf(id)));
    };
    this.modules = new Modules(directory, language, evaluate, special);
    this.#notebook = this.#variablesOf(join(directory, "notebook.ts"));
  }

  /**
   * Runs code on behalf of a cell; resolves to the last expression's value, in an array so that a
   * promise is not awaited.
   * Throws `CompileError`, `Interrupted`, or whatever the code throws.
   *
   * @param took is told for how many milliseconds the code ran
   */
  async run(code: string, cell: Cell, took?: (milliseconds: number) => void): Promise<[unknown] | undefined> {
    const id = newOriginal();
    const compiled = await Promise.race([this.#language.compile(code, id), cell.failed]);
    if (!compiled.ok) throw new CompileError(compiled.message, compiled.traceback);
    rememberOriginal(id, { code, edits: compiled.edits });
    const filename = `cellkernel:${compiled.cell}`;
    rememberSource(filename, { label: `cell ${cell.count}`, code, map: compiled.map, cell });
    const before = new Map(compiled.names.map((name) => [name, this.scope[name]]));
    const unset = () =>
      compiled.names.filter((name) => !(name in this.scope) || Object.is(this.scope[name], before.get(name)));
    const start = performance.now();
    try {
      const running = Promise.race([this.#start(compiled.js, filename, cell), cell.failed]);
      const result = await running.finally(() => took?.(performance.now() - start));
      await this.#language.commit(compiled.cell, []);
      return result;
    } catch (error) {
      // What was not reached keeps the meaning that it had.
      await this.#language.commit(compiled.cell, unset());
      throw error;
    }
  }

  /** Starts the code in a macrotask of its own: terminating an execution drops all microtasks that wait. */
  #start(js: string, filename: string, cell: Cell): Promise<[unknown] | undefined> {
    const body = this.#body(js, filename);
    const kernel = this.#kernel();
    return new Promise((done, failed) => {
      setImmediate(() => {
        (globalThis as Record<symbol, unknown>)[RUN] = () => body(this.scope, kernel, ...this.#notebook);
        Atomics.store(this.#shared, Slot.phase, Phase.synchronous);
        try {
          const promise = context.on(cell, () => INTERRUPTIBLE.runInThisContext({ breakOnSigint: true }));
          (promise as ReturnType<Body>).then(done, failed);
        } catch (error) {
          const code = (error as NodeJS.ErrnoException).code;
          failed(code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? new Interrupted() : error);
        } finally {
          Atomics.store(this.#shared, Slot.phase, Phase.asynchronous);
        }
      });
    });
  }

  #body(js: string, filename: string): Body {
    // On one line with nothing of the user's, so that lines below it keep their numbers.
    const names = "__scope, __kernel, __meta, require, __filename, __dirname";
    const wrapped = `(async function __run(${names}) { "use strict";\n${js}\n})`;
    return vm.runInThisContext(wrapped, { filename, lineOffset: -1 }) as Body;
  }

  #variablesOf(file: string, query = ""): ModuleVariables {
    const directory = dirname(file);
    const meta = {
      url: pathToFileURL(file).href + query,
      filename: file,
      dirname: directory,
      resolve: (name: string) => this.modules.resolve(name, directory),
    };
    return [meta, this.modules.requireFrom(directory), file, directory];
  }

  /**
   * What compiled code calls.
   *
   * @param importer the file that it is; a cell by default
   */
  #kernel(importer?: string): object {
    const shared = this.#shared;
    return {
      get cell() {
        return context.current;
      },
      resume(cell: Cell | undefined, value: unknown) {
        if (cell?.interrupted) throw new Interrupted();
        return value;
      },
      tick() {
        if (Atomics.load(shared, Slot.interrupt) === 1) throw new Interrupted();
      },
      import: (name: unknown) => this.modules.import(String(name), importer),
      caught,
      evaluated,
      bind,
      namespace,
      required,
    };
  }
}

/** An object without a prototype that V8 does not keep as a slow dictionary, as it does `Object.create(null)`. */
const Scope = function Scope() {} as unknown as new () => Namespace;
Scope.prototype = Object.freeze(Object.create(null));
