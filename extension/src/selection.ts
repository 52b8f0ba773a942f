/** How a selection changes: replaced, or with rows put to it or taken away. */
export type Change = "replace" | "add" | "subtract";

/** Cells that the user has picked out: rows of one table, for all views of that table on the page. */
export class Selection {
  #rows = new Uint32Array(0);
  #what = "";
  #preview: Uint32Array | null = null;
  readonly #listeners = new Set<() => void>();

  /** Sorted, each once; none are selected when empty. */
  get rows(): Uint32Array {
    return this.#rows;
  }

  /** In words: "true CD56+ NK". */
  get what(): string {
    return this.#what;
  }

  /** Rows to be shown as if they were selected, while the pointer rests on what selects them; null when on nothing. */
  get preview(): Uint32Array | null {
    return this.#preview;
  }

  /** @param rows in any order; none clear the selection when they replace it */
  change(rows: ArrayLike<number>, what: string, how: Change = "replace"): void {
    const given = new Set(Array.from(rows));
    const kept = how === "replace" ? [] : Array.from(this.#rows).filter((row) => !given.has(row));
    this.#rows = Uint32Array.from(how === "subtract" ? kept : [...kept, ...given]).sort();
    this.#what = this.#rows.length > 0 ? what : "";
    this.#preview = null;
    this.#tell();
  }

  hover(rows: Uint32Array | null): void {
    if (rows === this.#preview) return;
    this.#preview = rows;
    this.#tell();
  }

  /** Calls back after each change; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Held by their views alone. */
const selections = new Map<string, WeakRef<Selection>>();

/** The selection of a table's rows, the same for each view of it; one of the view's own where it names no table. */
export function selectionOf(table?: string): Selection {
  const known = table === undefined ? undefined : selections.get(table)?.deref();
  if (known) return known;
  const made = new Selection();
  if (table !== undefined) selections.set(table, new WeakRef(made));
  return made;
}
