import ts = require("typescript");

import type { Language } from "./client.js";
import { complete } from "./complete.js";
import { formatDiagnostic } from "./diagnostics.js";
import { CellHost } from "./host.js";
import { isComplete } from "./incomplete.js";
import { inspect } from "./inspect.js";
import { declaredNames, moduleSuffix, type SessionName } from "./names.js";
import { cellTransformer, type Exports } from "./transform.js";

/** A compiled cell, or what is wrong with it. */
export type Compiled =
  | { ok: true; cell: number; js: string; map: string; names: string[] }
  | { ok: false; message: string; traceback: string[] };

/** A compiled file beside the notebook. */
export type CompiledModule =
  | { ok: true; js: string; map: string; exports: Exports }
  | { ok: false; message: string; traceback: string[] };

/** Nothing to say: kept as a type so that the call has a result. */
export type Committed = undefined;

/** TypeScript over the cells of one notebook. */
export class Cells implements Language {
  readonly #host: CellHost;
  readonly #service: ts.LanguageService;
  readonly #session = new Map<string, SessionName>();
  /** What each compiled cell declares, until it is committed. */
  readonly #pending = new Map<number, { text: string; names: Map<string, { assignable: boolean }> }>();
  #cell = 1;

  constructor(directory: string) {
    this.#host = new CellHost(directory);
    this.#service = ts.createLanguageService(this.#host, ts.createDocumentRegistry());
  }

  /** Begins a notebook in `directory`, with what was parsed so far. */
  restart(directory: string): void {
    this.#host.restart(directory);
    this.reset();
  }

  compile(code: string): Compiled {
    const cell = this.#cell;
    const path = this.#open(code);
    const program = this.#service.getProgram()!;
    const file = program.getSourceFile(path)!;
    const wrong = this.#diagnostics(path, code.length);
    if (wrong.length > 0)
      return { ok: false, ...wrong[0], traceback: wrong.flatMap((each) => each.traceback) };
    const exports: Exports = { names: [], stars: [] };
    const declared = declaredNames(file, code.length);
    const { js, map, dts } = this.#emit(program, file, code.length, exports);
    const names = [...declared].filter(([, name]) => name.hasValue).map(([name]) => name);
    this.#pending.set(cell, { text: dts, names: declared });
    this.#cell++;
    return { ok: true, cell, js, map, names };
  }

  compileModule(file: string): CompiledModule {
    const path = file.replaceAll("\\", "/");
    this.#host.setCurrent(`import ${JSON.stringify(path)};`);
    const program = this.#service.getProgram()!;
    const source = program.getSourceFile(path);
    if (!source) return { ok: false, message: `cannot read ${file}`, traceback: [] };
    const wrong = this.#diagnostics(path, source.end);
    if (wrong.length > 0)
      return { ok: false, ...wrong[0], traceback: wrong.flatMap((each) => each.traceback) };
    const exports: Exports = { names: [], stars: [] };
    const { js, map } = this.#emit(program, source, source.end, exports);
    return { ok: true, js, map, exports };
  }

  commit(cell: number, unset: string[]): Committed {
    const pending = this.#pending.get(cell);
    this.#pending.delete(cell);
    if (!pending || pending.names.size === 0) return;
    this.#host.addDeclarations(cell, pending.text);
    for (const [name, { assignable }] of pending.names) {
      if (!unset.includes(name)) this.#session.set(name, { from: `./__cell${cell}`, assignable });
    }
  }

  who(): [string, string][] {
    const names = [...this.#session.keys()];
    const path = this.#open(names.map((name) => `${name};`).join("\n"));
    const program = this.#service.getProgram()!;
    const checker = program.getTypeChecker();
    return program
      .getSourceFile(path)!
      .statements.filter(ts.isExpressionStatement)
      .map(({ expression }, i) => [names[i], checker.typeToString(checker.getTypeAtLocation(expression))]);
  }

  reset(): void {
    this.#session.clear();
  }

  complete(code: string, cursor: number) {
    return complete(this.#service, this.#open(code, true), code, cursor);
  }

  inspect(code: string, cursor: number) {
    return inspect(this.#service, this.#open(code, true), code, cursor);
  }

  isComplete(code: string) {
    return isComplete(code);
  }

  /** Makes `code` the current cell, with the names of the session around it; returns its path. */
  #open(code: string, all = false): string {
    const path = this.#host.current;
    const parsed = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true);
    this.#host.setCurrent(code + moduleSuffix(parsed, this.#session, all));
    return path;
  }

  #diagnostics(path: string, end: number) {
    const syntactic = this.#service.getSyntacticDiagnostics(path);
    // What is left open swallows the appended suffix: its error is at the very end.
    if (syntactic.length > 0) return syntactic.map((each) => formatDiagnostic(each, end));
    return this.#service
      .getSemanticDiagnostics(path)
      .filter(({ start, category }) => category === ts.DiagnosticCategory.Error && (start ?? 0) <= end)
      .map((each) => formatDiagnostic(each, end));
  }

  #emit(program: ts.Program, file: ts.SourceFile, end: number, exports: Exports) {
    const out = { js: "", map: "", dts: "" };
    const write: ts.WriteFileCallback = (name, text) => {
      if (name.endsWith(".map")) out.map = text;
      else if (name.endsWith(".d.ts")) out.dts = text;
      else out.js = text;
    };
    const before = [cellTransformer(program.getTypeChecker(), end, exports)];
    program.emit(file, write, undefined, false, { before });
    out.js = out.js.replace(/^#!.*/, "");
    // The mapping is handed over beside the code, and what marks a module has no place in a function.
    out.js = out.js.replace(/(^|\n)export \{\};\s*(\/\/# sourceMappingURL=.*\s*)?$/, "\n");
    return out;
  }
}
