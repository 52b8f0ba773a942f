import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { commonJsNamespace, requireFrom, stateOf } from "./commonjs.js";
import { CompileError } from "./errors.js";
import { Files } from "./files.js";
import type { LanguageClient } from "./language/client.js";
import { LiveNamespace, type Namespace } from "./namespace.js";
import { type Edit, newOriginal } from "./originals.js";
import { PACKAGE_ROOT } from "./package.js";
import { findFile, isModule, isTypeScript, isUsersJavaScript } from "./userFiles.js";

/** Runs the compiled body of a module; `id` is its path, and the query that it was imported with. */
export type Evaluate = (
  id: string,
  compiled: { js: string; map: string; edits: Edit[] },
  original: number,
  scope: Namespace,
) => Promise<void>;

const LIBRARY = join(PACKAGE_ROOT, "dist", "src", "index.js");

/** Loads what cells import. */
export class Modules {
  readonly #directory: string;
  readonly #language: LanguageClient;
  readonly #evaluate: Evaluate;
  readonly #special: Record<string, () => Promise<Namespace>>;
  readonly #files: Files;
  readonly #importers = new Map<string, (name: string) => Promise<Namespace>>();

  /** @param special modules that are ours to give, by name */
  constructor(
    directory: string,
    language: LanguageClient,
    evaluate: Evaluate,
    special: Record<string, () => Promise<Namespace>>,
  ) {
    this.#special = { cellkernel: () => import(pathToFileURL(LIBRARY).href), ...special };
    this.#directory = directory;
    this.#language = language;
    this.#evaluate = evaluate;
    this.#files = new Files({
      load: (id) => this.#load(id),
      state: (id) => stateOf(fileOf(id)),
    });
  }

  /** Imports `name` as `importer` would, the id of a file of the user's; by default as the notebook. */
  async import(name: string, importer?: string): Promise<Namespace> {
    const directory = importer === undefined ? this.#directory : dirname(fileOf(importer));
    if (Object.hasOwn(this.#special, name)) return this.#special[name]();
    if (name.startsWith("node:") || builtinModules.includes(name)) return import(name);
    if (isPath(name)) {
      const found = find(name, directory);
      if (!found) throw new Error(`Cannot find module '${name}' from ${directory}`);
      const { file, query } = found;
      if (isTypeScript(file) || isUsersJavaScript(file) || file.endsWith(".json"))
        return this.#files.import(idOf(found), importer);
      return import(pathToFileURL(file).href + query);
    }
    try {
      return await this.#importer(directory)(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      // Not installed beside the notebook: perhaps it came with this package.
      return import(name).catch(() => Promise.reject(error));
    }
  }

  /** `require` for files in `directory`. */
  requireFrom(directory: string): NodeJS.Require {
    return requireFrom(directory, LIBRARY);
  }

  /** `import.meta.resolve` in `directory`; packages are found as `require` finds them. */
  resolve(name: string, directory: string): string {
    if (name.startsWith("node:")) return name;
    if (builtinModules.includes(name)) return `node:${name}`;
    if (!isPath(name)) return pathToFileURL(this.requireFrom(directory).resolve(name)).href;
    const { file, query } = find(name, directory) ?? { file: filePath(name, directory), query: "" };
    return pathToFileURL(file).href + query;
  }

  #load(id: string): { namespace: Namespace; ready: Promise<void> } {
    const file = fileOf(id);
    if (isTypeScript(file)) return this.#compiled(id);
    const ready = Promise.resolve();
    if (file.endsWith(".json"))
      return { namespace: { default: JSON.parse(readFileSync(file, "utf8")) }, ready };
    if (isModule(file)) return this.#compiled(id);
    return { namespace: commonJsNamespace(this.requireFrom(dirname(file))(file)), ready };
  }

  /** A module is compiled and run like a cell. */
  #compiled(id: string): { namespace: Namespace; ready: Promise<void> } {
    const file = fileOf(id);
    const scope: Namespace = Object.create(null);
    const namespace = new LiveNamespace(scope);
    const load = async () => {
      const original = newOriginal();
      const compiled = await this.#language.compileModule(file, original);
      if (!compiled.ok) throw new CompileError(compiled.message, compiled.traceback);
      for (const [exported, local] of compiled.exports.names) namespace.add(exported, local);
      for (const star of compiled.exports.stars) namespace.addAll(await this.import(star, id));
      await this.#evaluate(id, compiled, original, scope);
    };
    return { namespace: namespace.exports, ready: load() };
  }

  /** An `import()` that resolves as if it stood in a file of `directory`. */
  #importer(directory: string): (name: string) => Promise<Namespace> {
    let importer = this.#importers.get(directory);
    if (!importer) {
      importer = vm.runInThisContext("(name) => import(name)", {
        filename: join(directory, "__cell.mjs"),
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      }) as (name: string) => Promise<Namespace>;
      this.#importers.set(directory, importer);
    }
    return importer;
  }
}

interface Found {
  file: string;
  /** `?v=2` makes another module of the file. */
  query: string;
}

/** What stands between the file and the query in the id of a module, and in no path. */
const BETWEEN = "\0";
const idOf = ({ file, query }: Found) => (query ? file + BETWEEN + query : file);
export const fileOf = (id: string) => id.split(BETWEEN)[0];
export const queryOf = (id: string) => id.split(BETWEEN)[1] ?? "";

/** The file that an import of a path means. A name may hold a `?` or a `#` itself. */
function find(name: string, directory: string): Found | undefined {
  const whole = name.startsWith("file:") ? undefined : findFile(filePath(name, directory));
  if (whole) return { file: whole, query: "" };
  const [query = ""] = /[?#].*$/s.exec(name) ?? [];
  const file = findFile(filePath(name.slice(0, name.length - query.length), directory));
  return file === undefined ? undefined : { file, query };
}

const filePath = (name: string, directory: string) =>
  name.startsWith("file:") ? fileURLToPath(name) : resolve(directory, name);

/** Whether an import names a file, and not a package. */
const isPath = (name: string) => /^(\.{1,2}(\/|$)|\/|[A-Za-z]:[\\/]|file:)/.test(name);

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const found = name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${found}'`);
}
