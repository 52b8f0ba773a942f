import ts = require("typescript");

import { splitCell } from "../magics.js";
import type { Edit } from "../originals.js";
import { withoutAlias, withoutCells } from "./alias.js";
import type { Language } from "./client.js";
import { complete, completeMagic } from "./complete.js";
import { Declarations } from "./declarations.js";
import { formatDiagnostic, isOfDecorators, isReported } from "./diagnostics.js";
import { erase, ownStart } from "./erase.js";
import type { Surroundings } from "./expressions.js";
import { CellHost } from "./host.js";
import { isComplete } from "./incomplete.js";
import { inspect, typeInfo } from "./inspect.js";
import { isJavaScript, javaScript } from "./javaScript.js";
import {
  augmentations,
  type Declared,
  declaredNames,
  declaredTypes,
  importedModules,
  moduleSuffix,
  type SessionName,
} from "./names.js";
import { needs } from "./needs.js";
import { asObjectLiteral, parseCell, syntaxErrors } from "./parse.js";
import { cellTransformer, type Exports } from "./transform.js";

/** A compiled cell, or what is wrong with it. */
export type Compiled =
  | { ok: true; cell: number; js: string; map: string; names: string[]; edits: Edit[] }
  | { ok: false; message: string; traceback: string[] };

/** A compiled file beside the notebook. */
export type CompiledModule =
  | { ok: true; js: string; map: string; exports: Exports; edits: Edit[] }
  | { ok: false; message: string; traceback: string[] };

/** Nothing to say: kept as a type so that the call has a result. */
export type Committed = undefined;

/** Under this name the parsed files are kept. */
const PARSED = "cells" as ts.DocumentRegistryBucketKey;

/** "Cannot find name …" */
const UNKNOWN_NAME = 2304;

/** TypeScript over the cells of one notebook. */
export class Cells implements Language {
  readonly #host: CellHost;
  readonly #service: ts.LanguageService;
  readonly #session = new Map<string, SessionName>();
  readonly #declarations: Declarations;
  /** What each compiled cell declares, until it is committed. */
  readonly #pending = new Map<number, { text: string; names: Map<string, Declared>; augmented: string[] }>();
  #cell = 1;

  constructor(directory: string) {
    this.#host = new CellHost(directory);
    this.#declarations = new Declarations((cell, text) => this.#host.declare(cell, text));
    // What a `tsconfig.json` may change has no part in how a file is parsed: the snapshot's serve all.
    const registry = { ...ts.createDocumentRegistry(), getKeyForCompilationSettings: () => PARSED };
    this.#service = ts.createLanguageService(this.#host, registry);
  }

  /** Begins a notebook in `directory`, with what was parsed so far. */
  restart(directory: string): void {
    this.#host.restart(directory);
    this.reset();
  }

  compile(source: string, id: number): Compiled {
    const cell = this.#cell;
    const object = asObjectLiteral(source);
    const code = object ?? source;
    const inserted = object ? 1 : 0;
    const parsed = this.#parse(code);
    const { wrong: misconfigured } = this.#host.settings();
    if (misconfigured.length > 0) return refused(misconfigured, code.length);
    const unparsed = syntaxErrors(parsed);
    if (unparsed.length > 0) return refused(unparsed, code.length);
    let checked = this.#check(parsed, code.length);
    if (checked.wrong.some(isOfDecorators))
      checked = this.#withOtherDecorators(parsed, code.length) ?? checked;
    // Once more with every name of the session, so that TypeScript can say which was meant.
    if (checked.wrong.some((each) => each.code === UNKNOWN_NAME))
      checked = this.#check(parsed, code.length, true);
    const { program, file, wrong } = checked;
    if (wrong.length > 0) return refused(wrong, code.length, inserted);
    const exports: Exports = { names: [], stars: [] };
    const declared = declaredNames(file, code.length);
    const { js, map, dts } = this.#emit(
      program,
      file,
      code.length,
      exports,
      this.#around(parsed.fileName, id, inserted),
    );
    const edits = erase(parsed).map(([from, to, text]): Edit => [from - inserted, to - inserted, text]);
    const names = [...declared].filter(([, name]) => name.hasValue).map(([name]) => name);
    this.#pending.set(cell, { text: dts, names: declared, augmented: augmentations(parsed) });
    this.#cell++;
    return { ok: true, cell, js, map, names, edits };
  }

  compileModule(file: string, id: number): CompiledModule {
    const path = file.replaceAll("\\", "/");
    const program = isJavaScript(path)
      ? javaScript(path, this.#host.settings().options)
      : this.#typeScript(path);
    const source = program.getSourceFile(path);
    if (!source) return { ok: false, message: `cannot read ${file}`, traceback: [] };
    const wrong = this.#diagnostics(program, source, source.end);
    if (wrong.length > 0) return refused(wrong, source.end);
    const exports: Exports = { names: [], stars: [] };
    const { js, map } = this.#emit(program, source, source.end, exports, this.#around(path, id));
    return { ok: true, js, map, exports, edits: erase(source) };
  }

  /** A file with all that it imports, checked. */
  #typeScript(path: string): ts.Program {
    this.#declarations.setCurrent([], new Map());
    this.#host.setCurrent(`import ${JSON.stringify(path)};`);
    return this.#service.getProgram()!;
  }

  commit(cell: number, unset: string[]): Committed {
    const pending = this.#pending.get(cell);
    this.#pending.delete(cell);
    if (!pending || pending.names.size + pending.augmented.length === 0) return;
    const from = `./__cell${cell}`;
    const names = [...pending.names.keys()].filter((name) => !unset.includes(name));
    this.#declarations.add(from, pending.text, names, pending.augmented.length > 0);
    this.#host.augment(from, pending.augmented);
    for (const name of names) {
      const { assignable, evolves } = pending.names.get(name)!;
      this.#session.set(name, { from, assignable, evolves });
    }
  }

  who(): [string, string][] {
    const names = [...this.#session.keys()];
    const path = this.#open(this.#parse(names.map((name) => `${name};`).join("\n")));
    const program = this.#service.getProgram()!;
    const checker = program.getTypeChecker();
    const file = program.getSourceFile(path)!;
    return file.statements.filter(ts.isExpressionStatement).map(({ expression }, i) => {
      const name = names[i];
      // A name that has no value is that of a type.
      const isValue = checker.getSymbolAtLocation(expression) !== undefined;
      const info = isValue ? undefined : typeInfo(this.#service, file, name);
      const shown = info && withoutAlias(ts.displayPartsToString(info.displayParts)).replace(/\s+/g, " ");
      return [name, shown ?? withoutCells(checker.typeToString(checker.getTypeAtLocation(expression)))];
    });
  }

  reset(): void {
    this.#session.clear();
    this.#declarations.clear();
    this.#host.reset();
  }

  installed(): void {
    this.#host.installed();
  }

  complete(code: string, cursor: number) {
    const magic = completeMagic(code, cursor);
    if (magic) return magic;
    const own = this.#onlyCode(code);
    return complete(this.#service, this.#open(this.#parse(own), true), own, cursor);
  }

  inspect(code: string, cursor: number) {
    const own = this.#onlyCode(code);
    return inspect(this.#service, this.#open(this.#parse(own), true), own, cursor);
  }

  isComplete(code: string) {
    return isComplete(this.#onlyCode(code));
  }

  /** The code without magic and commands; with them when they are wrong, and so the code. */
  #onlyCode(cell: string): string {
    try {
      return splitCell(cell, (name) => this.#session.has(name) || name in globalThis).code;
    } catch {
      return cell;
    }
  }

  #parse(code: string): ts.SourceFile {
    return parseCell(code, this.#host.current);
  }

  /** Makes the parsed code the current cell, with the names of the session around it; returns its path. */
  #open(parsed: ts.SourceFile, all = false): string {
    const suffix = moduleSuffix(parsed, this.#session, all);
    this.#declarations.setCurrent(declaredTypes(parsed), needs(parsed));
    this.#host.setCurrent(parsed.text + suffix, augmentations(parsed));
    return this.#host.current;
  }

  #check(parsed: ts.SourceFile, end: number, all = false) {
    const path = this.#open(parsed, all);
    const program = this.#service.getProgram()!;
    const file = program.getSourceFile(path)!;
    return { program, file, wrong: this.#diagnostics(program, file, end) };
  }

  /** The cell with its decorators read as the other kind; undefined when that does not help. */
  #withOtherDecorators(parsed: ts.SourceFile, end: number) {
    if (!this.#host.switchDecorators()) return undefined;
    const checked = this.#check(parsed, end);
    if (!checked.wrong.some(isOfDecorators)) return checked;
    this.#host.switchDecorators();
    return undefined;
  }

  #diagnostics(program: ts.Program, file: ts.SourceFile, end: number): readonly ts.Diagnostic[] {
    const { asksForTypes } = this.#host.settings();
    const syntactic = program.getSyntacticDiagnostics(file);
    if (syntactic.length > 0) return syntactic;
    const semantic = program
      .getSemanticDiagnostics(file)
      .filter((each) => isReported(each, asksForTypes) && (each.start ?? 0) <= end);
    if (semantic.length === 0) return semantic;
    // The names of a file that cannot be parsed are missing here: the cause is there.
    const imported = importedModules(file)
      .map((name) => this.#host.resolve(name, file.fileName)?.resolvedFileName)
      .map((path) => path && program.getSourceFile(path));
    const broken = imported.flatMap((each) => (each ? program.getSyntacticDiagnostics(each) : []));
    return broken.length > 0 ? broken : semantic;
  }

  /** @param inserted characters at the beginning of the file that are not the user's */
  #around(path: string, id: number, inserted = 0): Surroundings {
    return {
      mark: (node, file) => `@${id}:${ownStart(node, file) - inserted}-${node.end - inserted}`,
      locate: (name) => this.#host.locate(name, path),
    };
  }

  #emit(program: ts.Program, file: ts.SourceFile, end: number, exports: Exports, around: Surroundings) {
    const out = { js: "", map: "", dts: "" };
    const write: ts.WriteFileCallback = (name, text) => {
      if (name.endsWith(".map")) out.map = text;
      else if (/\.d\.[mc]?ts$/.test(name)) out.dts = text;
      else out.js = text;
    };
    const before = [cellTransformer(program.getTypeChecker(), end, exports, around)];
    program.emit(file, write, undefined, false, { before });
    out.js = out.js.replace(/^#!.*/, "");
    // What TypeScript says of a `.cts` file to those who would `require` it.
    out.js = out.js.replace(/^Object\.defineProperty\(exports, "__esModule", .*$/m, "");
    // The mapping is handed over beside the code, and what marks a module has no place in a function.
    out.js = out.js.replace(/(^|\n)export \{\};\s*(\/\/# sourceMappingURL=.*\s*)?$/, "\n");
    return out;
  }
}

function refused(wrong: readonly ts.Diagnostic[], end: number, inserted = 0) {
  const shown = wrong.map((each) => formatDiagnostic(each, end, inserted));
  return { ok: false as const, ...shown[0], traceback: shown.flatMap((each) => each.traceback) };
}
