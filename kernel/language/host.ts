import { statSync } from "node:fs";
import { dirname, join } from "node:path";

import ts = require("typescript");

import { PACKAGE_ROOT } from "../package.js";
import { CURRENT } from "./declarations.js";
import { readSettings, type Settings, settingsState } from "./settings.js";

const OWN_PACKAGES = `${PACKAGE_ROOT.replaceAll("\\", "/")}/node_modules/`;

/** What a cell file looks like from another: `./__cell12`, or `./__cell` for the one in work. */
const CELL = /^\.\/__cell\d*$/;

/**
 * The files of the language service: the cells, which exist in memory only and lie, as it were,
 * in the notebook's folder; and what they import from disk.
 */
export class CellHost implements ts.LanguageServiceHost {
  directory!: string;
  /** Path of the cell in work. */
  current!: string;
  readonly #virtual = new Map<string, { text: string; version: number }>();
  readonly #prelude = join(PACKAGE_ROOT, "dist", "kernel", "prelude.d.ts");
  /** Packages that were found, by folder and name. What was not found may be installed meanwhile. */
  readonly #resolved = new Map<string, ts.ResolvedModuleFull>();
  readonly #packages: ts.ModuleResolutionCache;
  #settings!: Settings;
  /** Cells that have added to the global scope or to other modules, by path, and the names they added. */
  readonly #augmenting = new Map<string, string[]>();
  /** What the cell in work adds. */
  #augmented: string[] = [];
  #versions = 0;
  /** How often packages have been installed. */
  #installed = 0;

  constructor(directory: string) {
    this.restart(directory);
    const { options } = this.#settings;
    this.#packages = ts.createModuleResolutionCache(this.directory, (name) => name, options);
  }

  /** Begins a notebook in `directory`. What is known of installed packages is kept. */
  restart(directory: string): void {
    this.directory = directory.replaceAll("\\", "/");
    this.current = `${this.directory}/__cell.ts`;
    this.#settings = readSettings(this.directory);
    this.#resolved.clear();
    this.#virtual.clear();
    this.#augmenting.clear();
    this.setCurrent("");
  }

  /** How cells are checked: by the `tsconfig.json` in the notebook's folder as it is now. */
  settings(): Settings {
    if (this.#settings.state !== settingsState(this.directory)) {
      this.#settings = readSettings(this.directory);
      this.installed();
    }
    return this.#settings;
  }

  /**
   * Decorators of the language are read as those of before (`experimentalDecorators`), or the other way round;
   * returns false where a `tsconfig.json` says which they are.
   */
  switchDecorators(): boolean {
    if (this.#settings.saysWhichDecorators) return false;
    const { options } = this.#settings;
    const experimentalDecorators = !options.experimentalDecorators;
    this.#settings = { ...this.#settings, options: { ...options, experimentalDecorators } };
    return true;
  }

  /**
   * Makes `text` the cell in work. Always under one name, so that TypeScript keeps what it knows.
   *
   * @param augmented what it adds to other scopes, as `augmentations` gives it
   */
  setCurrent(text: string, augmented: string[] = []): void {
    this.#write(this.current, text);
    this.#augmented = augmented;
  }

  /** Gives the module of a cell that has run its text; takes it away when there is none. */
  declare(cell: string, text: string | undefined): void {
    const path = this.#declarations(cell);
    if (text === undefined) this.#virtual.delete(path);
    else this.#write(path, text);
  }

  /** Keeps what a cell that has run adds to other scopes. */
  augment(cell: string, augmented: string[]): void {
    const path = this.#declarations(cell);
    for (const [earlier, names] of this.#augmenting)
      if (names.some((name) => augmented.includes(name))) this.#augmenting.delete(earlier);
    if (augmented.length > 0) this.#augmenting.set(path, augmented);
  }

  /** Cells whose additions hold in the one in work: those that it does not declare again. */
  #inForce(): string[] {
    return [...this.#augmenting]
      .filter(([, names]) => !names.some((name) => this.#augmented.includes(name)))
      .map(([path]) => path);
  }

  /** Path of the declarations of a cell, which is named as in an import. */
  #declarations(cell: string): string {
    return `${this.directory}/${cell.slice(2)}.d.ts`;
  }

  /** Forgets what cells have added to other scopes. */
  reset(): void {
    this.#augmenting.clear();
  }

  /** Looks for the user's packages again. */
  installed(): void {
    this.#installed++;
    this.#resolved.clear();
    this.#packages.clear();
  }

  #write(path: string, text: string): void {
    if (this.#virtual.get(path)?.text === text) return;
    this.#virtual.set(path, { text, version: ++this.#versions });
  }

  getCompilationSettings = () => this.#settings.options;
  getScriptFileNames = () => [this.#prelude, ...this.#inForce(), this.current];
  getCurrentDirectory = () => this.directory;
  getDefaultLibFileName = (options: ts.CompilerOptions) => ts.getDefaultLibFilePath(options);
  readFile = (path: string) => this.#virtual.get(path)?.text ?? ts.sys.readFile(path);
  fileExists = (path: string) => this.#virtual.has(path) || ts.sys.fileExists(path);
  directoryExists = (path: string) => ts.sys.directoryExists(path);
  getDirectories = (path: string) => ts.sys.getDirectories(path);
  readDirectory: ts.LanguageServiceHost["readDirectory"] = (...args) => ts.sys.readDirectory(...args);
  realpath = (path: string) => (this.#virtual.has(path) ? path : ts.sys.realpath!(path));
  useCaseSensitiveFileNames = () => ts.sys.useCaseSensitiveFileNames;

  getScriptVersion = (path: string): string => {
    const virtual = this.#virtual.get(path);
    if (virtual) return String(virtual.version);
    // What is installed stays as it is until more is; files beside the notebook are edited.
    if (path.startsWith(OWN_PACKAGES)) return "1";
    if (path.includes("/node_modules/")) return String(this.#installed);
    return String(statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  };

  getScriptSnapshot = (path: string): ts.IScriptSnapshot | undefined => {
    const text = this.readFile(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  };

  resolveModuleNameLiterals: ts.LanguageServiceHost["resolveModuleNameLiterals"] = (literals, containing) =>
    literals.map(({ text }) => ({ resolvedModule: this.resolve(text, containing) }));

  /** The file that a name means by the `paths` of a `tsconfig.json`. */
  locate(name: string, containing: string): string | undefined {
    const { paths, baseUrl } = this.#settings.options;
    if ((!paths && !baseUrl) || /^[./]/.test(name)) return undefined;
    const found = this.resolve(name, containing);
    const isFile = found && !found.isExternalLibraryImport && !/\.d\.[mc]?ts$/.test(found.resolvedFileName);
    return isFile ? found.resolvedFileName : undefined;
  }

  /**
   * Resolves from the importing file; what is not installed there, from this package, so that
   * `cellkernel` and what it brings along are found wherever the notebook lies.
   */
  resolve(name: string, containing: string): ts.ResolvedModuleFull | undefined {
    if (CELL.test(name)) {
      const isCurrent = name === CURRENT;
      const resolvedFileName = isCurrent ? this.current : this.#declarations(name);
      const extension = isCurrent ? ts.Extension.Ts : ts.Extension.Dts;
      return { resolvedFileName, extension, isExternalLibraryImport: false };
    }
    if (name === "cellkernel") {
      const resolvedFileName = join(PACKAGE_ROOT, "dist", "src", "index.d.ts").replaceAll("\\", "/");
      return { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: true };
    }
    const { options } = this.#settings;
    const installed = containing.includes("/node_modules/");
    if (!installed && /^[./]/.test(name)) {
      const find = (path: string) => ts.resolveModuleName(path, containing, options, this).resolvedModule;
      // `./util.mjs?v=2` has the types of the file.
      return find(name) ?? find(name.replace(/[?#].*$/s, ""));
    }
    const key = `${dirname(containing)}\n${name}`;
    const known = this.#resolved.get(key);
    if (known) return known;
    const cache = installed ? this.#packages : undefined;
    const from = (file: string) => ts.resolveModuleName(name, file, options, this, cache).resolvedModule;
    const found =
      from(containing) ?? (installed ? undefined : from(join(PACKAGE_ROOT, "dist", "src", "index.js")));
    if (found) this.#resolved.set(key, found);
    return found;
  }
}
