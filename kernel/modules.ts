import { readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { CompileError } from "./errors.js";
import { Files, findFile, isTypeScript } from "./files.js";
import type { LanguageClient } from "./language/client.js";
import { LiveNamespace, type Namespace } from "./namespace.js";
import { type Edit, newOriginal } from "./originals.js";
import { PACKAGE_ROOT } from "./package.js";

/** Runs the compiled body of a TypeScript module. */
export type Evaluate = (
  file: string,
  compiled: { js: string; map: string; edits: Edit[] },
  id: number,
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
    this.#files = new Files((file) => (isTypeScript(file) ? this.#typescript(file) : json(file)));
  }

  /** Imports `name` as `importer` would, a file of the user's; by default as the notebook. */
  async import(name: string, importer?: string): Promise<Namespace> {
    const directory = importer === undefined ? this.#directory : dirname(importer);
    if (Object.hasOwn(this.#special, name)) return this.#special[name]();
    if (name.startsWith("node:") || builtinModules.includes(name)) return import(name);
    const path = filePath(name, directory);
    if (path !== undefined) {
      const file = findFile(path);
      if (!file) throw new Error(`Cannot find module '${name}' from ${directory}`);
      if (isTypeScript(file) || file.endsWith(".json")) return this.#files.import(file, importer);
      return import(pathToFileURL(file).href);
    }
    try {
      return await this.#importer(directory)(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      // Not installed beside the notebook: perhaps it came with this package.
      return import(name).catch(() => Promise.reject(error));
    }
  }

  /** `require` for files in `directory`: what is not installed there comes from this package. */
  requireFrom(directory: string): NodeJS.Require {
    const local = createRequire(join(directory, "__cell.js"));
    const own = createRequire(join(PACKAGE_ROOT, "package.json"));
    const find = (name: string, options?: { paths?: string[] }): string => {
      if (name === "cellkernel") return LIBRARY;
      try {
        return local.resolve(name, options);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND" || /^[./]/.test(name)) throw error;
        try {
          return own.resolve(name);
        } catch {
          throw error;
        }
      }
    };
    const require = (name: string): unknown => local(find(name));
    return Object.assign(require, local, { resolve: Object.assign(find, local.resolve) });
  }

  /** `import.meta.resolve` in `directory`; packages are found as `require` finds them. */
  resolve(name: string, directory: string): string {
    if (name.startsWith("node:")) return name;
    if (builtinModules.includes(name)) return `node:${name}`;
    const path = filePath(name, directory) ?? this.requireFrom(directory).resolve(name);
    return pathToFileURL(findFile(path) ?? path).href;
  }

  /** A TypeScript file is compiled and run like a cell. */
  #typescript(file: string): { namespace: Namespace; ready: Promise<void> } {
    const scope: Namespace = Object.create(null);
    const namespace = new LiveNamespace(scope);
    const load = async () => {
      const id = newOriginal();
      const compiled = await this.#language.compileModule(file, id);
      if (!compiled.ok) throw new CompileError(compiled.message, compiled.traceback);
      for (const [exported, local] of compiled.exports.names) namespace.add(exported, local);
      for (const star of compiled.exports.stars) namespace.addAll(await this.import(star, file));
      await this.#evaluate(file, compiled, id, scope);
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

function json(file: string): { namespace: Namespace; ready: Promise<void> } {
  return { namespace: { default: JSON.parse(readFileSync(file, "utf8")) }, ready: Promise.resolve() };
}

/** The path that an import of a file names; undefined when it names a package. */
function filePath(name: string, directory: string): string | undefined {
  if (name.startsWith("file:")) return fileURLToPath(name);
  return /^(\.{1,2}(\/|$)|\/|[A-Za-z]:[\\/])/.test(name) ? resolve(directory, name) : undefined;
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const found = name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${found}'`);
}
