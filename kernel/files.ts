import type { Cell } from "./cell.js";
import { context } from "./context.js";
import type { Namespace } from "./namespace.js";

/** A file that is loaded, or being loaded. */
interface Loaded {
  /** The state of the file, and of what it has loaded past us; another one is loaded again. */
  state: string;
  namespace: Namespace;
  ready: Promise<void>;
  /** While it is being loaded: on behalf of which cell. */
  cell: Cell | undefined;
  /** What it imports, by path; when one of them is loaded again, so is this. */
  dependencies: Map<string, Loaded>;
}

/** How files are loaded. */
interface Loader {
  /** Begins to load a file: its exports, as far as they are known, and when they are complete. */
  load(file: string): { namespace: Namespace; ready: Promise<void> };
  /** Tells one state of the file, and of what it has loaded past us, from another. */
  state(file: string): string;
}

/** The user's own files: each loaded once, and again when it or what it imports has changed. */
export class Files {
  readonly #loader: Loader;
  readonly #loaded = new Map<string, Loaded>();

  constructor(loader: Loader) {
    this.#loader = loader;
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
    const { namespace, ready } = this.#loader.load(file);
    const state = this.#loader.state(file);
    const loaded: Loaded = { state, namespace, ready, cell: context.current, dependencies: new Map() };
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
      loaded.state === this.#loader.state(file) &&
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
