import { statSync } from "node:fs";
import { join } from "node:path";
import type { Cell } from "./cell.js";
import { context } from "./context.js";
import type { Namespace } from "./namespace.js";

/** A file that is loaded, or being loaded. */
interface Loaded {
  /** When the file was written; a newer one is loaded again. */
  time: number;
  namespace: Namespace;
  ready: Promise<void>;
  /** While it is being loaded: on behalf of which cell. */
  cell: Cell | undefined;
  /** What it imports, by path; when one of them is loaded again, so is this. */
  dependencies: Map<string, Loaded>;
}

/** Begins to load a file: its exports, as far as they are known, and when they are complete. */
type Load = (file: string) => { namespace: Namespace; ready: Promise<void> };

/** The user's own files: each loaded once, and again when it or what it imports has changed. */
export class Files {
  readonly #load: Load;
  readonly #loaded = new Map<string, Loaded>();

  constructor(load: Load) {
    this.#load = load;
  }

  /** @param importer the file of the user's that imports this one */
  async import(file: string, importer?: string): Promise<Namespace> {
    const known = this.#loaded.get(file);
    const loaded = known && this.#isFresh(file, known) ? known : this.#start(file);
    const from = importer === undefined ? undefined : this.#loaded.get(importer);
    from?.dependencies.set(file, loaded);
    // Files that import each other would wait for each other: the second gets the first as far as it is.
    if (!from || !dependsOn(loaded, from)) await loaded.ready;
    return loaded.namespace;
  }

  #start(file: string): Loaded {
    const time = modified(file);
    const loaded: Loaded = { time, ...this.#load(file), cell: context.current, dependencies: new Map() };
    this.#loaded.set(file, loaded);
    loaded.ready.then(
      () => {
        loaded.cell = undefined;
      },
      () => {
        if (this.#loaded.get(file) === loaded) this.#loaded.delete(file);
      },
    );
    return loaded;
  }

  #isFresh(file: string, loaded: Loaded, seen = new Set<Loaded>()): boolean {
    if (seen.has(loaded)) return true;
    seen.add(loaded);
    return (
      this.#loaded.get(file) === loaded &&
      loaded.time === modified(file) &&
      // What an interrupted cell was loading is never complete.
      !loaded.cell?.interrupted &&
      [...loaded.dependencies].every(([path, dependency]) => this.#isFresh(path, dependency, seen))
    );
  }
}

function dependsOn(file: Loaded, other: Loaded, seen = new Set<Loaded>()): boolean {
  if (file === other) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return [...file.dependencies.values()].some((dependency) => dependsOn(dependency, other, seen));
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Files that are compiled as cells are. */
const TYPESCRIPT = [".ts", ".mts", ".cts"];

export const isTypeScript = (file: string) => TYPESCRIPT.some((extension) => file.endsWith(extension));

/** The file that an import means: TypeScript's may be named by what they compile to, or without extension. */
export function findFile(path: string): string | undefined {
  const candidates = [
    path,
    path.replace(/\.(m|c)?js$/, ".$1ts"),
    ...[...TYPESCRIPT, ".js", ".mjs", ".cjs", ".json"].map((extension) => path + extension),
    ...[".ts", ".js"].map((extension) => join(path, `index${extension}`)),
  ];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
