import { readFileSync, statSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { CompileError } from "./errors.js";
import type { LanguageClient } from "./language/client.js";
import { PACKAGE_ROOT } from "./package.js";

/** A module's exports by name. */
export type Namespace = Record<string, unknown>;

/** Runs the compiled body of a TypeScript module; resolves to its exports. */
export type Evaluate = (
  file: string,
  compiled: { js: string; map: string },
  scope: Namespace,
) => Promise<void>;

interface Loaded {
  /** When the file was written; a newer one is loaded again. */
  time: number;
  namespace: Namespace;
  ready: Promise<void>;
  dependencies: string[];
}

const LIBRARY = join(PACKAGE_ROOT, "dist", "src", "index.js");
const EXTENSIONS = [".ts", ".mts", ".cts", ".tsx"];

/** Loads what cells import. */
export class Modules {
  readonly #directory: string;
  readonly #language: LanguageClient;
  readonly #evaluate: Evaluate;
  readonly #special: Record<string, () => Promise<Namespace>>;
  readonly #loaded = new Map<string, Loaded>();
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
  }

  /** Imports `name` as a file in `directory` would; the notebook's folder by default. */
  async import(name: string, directory = this.#directory): Promise<Namespace> {
    if (Object.hasOwn(this.#special, name)) return this.#special[name]();
    if (name.startsWith("node:") || builtinModules.includes(name)) return import(name);
    if (name.startsWith("file:")) return this.#file(fileURLToPath(name), name);
    if (/^(\.{1,2}(\/|$)|\/|[A-Za-z]:[\\/])/.test(name)) return this.#file(resolve(directory, name), name);
    try {
      return await this.#importer(directory)(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
      // Not installed beside the notebook: perhaps it came with this package.
      return import(name).catch(() => Promise.reject(error));
    }
  }

  /** `require` for cells: of the notebook's folder, then of this package. */
  require = (name: string): unknown => {
    const local = createRequire(join(this.#directory, "__cell.js"));
    if (name === "cellkernel") return local(LIBRARY);
    try {
      return local(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND" || /^[./]/.test(name)) throw error;
      try {
        return createRequire(join(PACKAGE_ROOT, "package.json"))(name);
      } catch {
        throw error;
      }
    }
  };

  async #file(path: string, name: string): Promise<Namespace> {
    const file = findFile(path);
    if (!file) throw new Error(`Cannot find module '${name}' from ${this.#directory}`);
    if (file.endsWith(".json")) return { default: JSON.parse(readFileSync(file, "utf8")) };
    if (EXTENSIONS.some((extension) => file.endsWith(extension))) return this.#typescript(file);
    return import(pathToFileURL(file).href);
  }

  /** A TypeScript file of the user's: compiled and run like a cell, again whenever it has changed. */
  async #typescript(file: string): Promise<Namespace> {
    const known = this.#loaded.get(file);
    if (known && this.#isFresh(file)) {
      await known.ready;
      return known.namespace;
    }
    const scope: Namespace = Object.create(null);
    const loaded: Loaded = {
      time: modified(file),
      namespace: Object.create(null),
      ready: Promise.resolve(),
      dependencies: [],
    };
    this.#loaded.set(file, loaded);
    const load = async () => {
      const compiled = await this.#language.compileModule(file);
      if (!compiled.ok) throw new CompileError(compiled.message, compiled.traceback);
      for (const [exported, local] of compiled.exports.names) {
        Object.defineProperty(loaded.namespace, exported, { get: () => scope[local], enumerable: true });
      }
      for (const star of compiled.exports.stars) {
        for (const [key, value] of Object.entries(await this.import(star, dirname(file)))) {
          if (key !== "default" && !(key in loaded.namespace)) loaded.namespace[key] = value;
        }
      }
      await this.#evaluate(file, compiled, scope);
    };
    try {
      await load();
    } catch (error) {
      this.#loaded.delete(file);
      throw error;
    }
    return loaded.namespace;
  }

  #isFresh(file: string): boolean {
    const known = this.#loaded.get(file);
    return known !== undefined && known.time === modified(file);
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

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const found = name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${found}'`);
}

/** The file that an import means: TypeScript's may be named by what they compile to, or without extension. */
function findFile(path: string): string | undefined {
  const candidates = [
    path,
    path.replace(/\.(m|c)?js$/, ".$1ts"),
    ...[...EXTENSIONS, ".js", ".mjs", ".cjs", ".json"].map((extension) => path + extension),
    ...[".ts", ".js"].map((extension) => join(path, `index${extension}`)),
  ];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** One import of a module, with CommonJS read as TypeScript types it. */
export function pick(module: Namespace, name: string): unknown {
  const commonJs = module.default as Namespace | undefined;
  if (name === "default") return commonJs?.__esModule && "default" in commonJs ? commonJs.default : commonJs;
  if (name in module) return module[name];
  if (
    commonJs !== null &&
    (typeof commonJs === "object" || typeof commonJs === "function") &&
    name in commonJs
  ) {
    return commonJs[name];
  }
  throw new SyntaxError(`The module does not export '${name}'`);
}

/** `import * as …`: Node sees only those names of a CommonJS module that it can guess; this has all. */
export function namespace(module: Namespace): Namespace {
  const commonJs = module.default;
  if (typeof commonJs !== "object" || commonJs === null) return module;
  const whole = commonJs as Namespace;
  const names = Object.keys(module).filter((name) => name !== "default" && name !== "module.exports");
  const isCommonJs = names.every((name) => module[name] === whole[name]);
  return isCommonJs && Object.keys(whole).length > names.length ? { ...whole, default: whole } : module;
}
