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

  /**
   * @param rows in any order; none clear the selection when they replace it
   * @param what the changed rows in words; what they are added to keeps its own
   */
  change(rows: ArrayLike<number>, what: string, how: Change = "replace"): void {
    const given = ascending(rows);
    const before = this.#rows;
    this.#rows = how === "replace" ? given : how === "add" ? union(before, given) : difference(before, given);
    if (this.#rows.length === 0) this.#what = "";
    else if (how === "replace" || before.length === 0) this.#what = what;
    else if (this.#rows.length !== before.length)
      this.#what = [this.#what, what].join(how === "add" ? " + " : " − ");
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

/** Rows sorted, each once. Most come so, a million at times. */
function ascending(rows: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const sorted = Uint32Array.from(rows);
  let rising = true;
  for (let i = 1; i < sorted.length && rising; i++) rising = sorted[i - 1] < sorted[i];
  return rising ? sorted : sorted.sort().filter((row, i) => i === 0 || row !== sorted[i - 1]);
}

/** Both ascending. */
function union(some: Uint32Array, others: Uint32Array): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(some.length + others.length);
  all.set(some);
  all.set(others, some.length);
  return ascending(all);
}

/** Both ascending. */
function difference(some: Uint32Array, others: Uint32Array): Uint32Array<ArrayBuffer> {
  let at = 0;
  return Uint32Array.from(
    some.filter((row) => {
      while (others[at] < row) at++;
      return others[at] !== row;
    }),
  );
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
