import { Page } from "./page.js";

/** The cell in work, as its own module. */
export const CURRENT = "./__cell";

type Needs = Map<string, Set<string>>;

/**
 * What the cells that have run declare, as TypeScript reads it. As at run time, where all names live on one
 * object, a name means its newest definition in every cell: `show(c: Cell)` takes the `Cell` that was declared
 * last, be it in the cell in work. A definition that is made of an earlier one (`class Model extends Earlier`,
 * `Earlier` being the old `Model`) leaves that one as it is.
 */
export class Declarations {
  readonly #pages = new Map<string, Page>();
  /** The cell that has the newest definition of a name. */
  readonly #owners = new Map<string, string>();
  /** The types that the cell in work declares. */
  #current = new Set<string>();
  #currentNeeds: Needs = new Map();
  readonly #write: (cell: string, text: string | undefined) => void;

  /** @param write gives a cell's module another text, or, when nothing refers to it any more, none */
  constructor(write: (cell: string, text: string | undefined) => void) {
    this.#write = write;
  }

  /**
   * Adds what a cell has declared.
   *
   * @param names those that mean their definition in this cell from now on
   * @param lasts whether the cell has said more than its names, such as what is global
   */
  add(cell: string, text: string, names: string[], lasts: boolean): void {
    const page = new Page(text, lasts);
    const earlier = [...this.#pages];
    this.#pages.set(cell, page);
    for (const name of names) {
      const made = this.#madeOf(cell, name);
      for (const [other, { needs, pinned }] of earlier) {
        const before = pinned.get(name) ?? this.#owners.get(name) ?? other;
        const isMadeOfIt = [...needs].some(
          ([own, needed]) => needed.has(name) && made.has(`${other} ${own}`),
        );
        if (isMadeOfIt) pinned.set(name, before);
        else pinned.delete(name);
      }
    }
    for (const name of names) this.#owners.set(name, cell);
    this.#write(cell, text);
    this.#update([...page.mentions, ...names]);
    this.#forgetUnused();
  }

  /** Says which types the cell in work declares, and what its names need. */
  setCurrent(types: string[], needs: Needs): void {
    const changed = [...this.#current, ...types];
    this.#current = new Set(types);
    this.#currentNeeds = needs;
    this.#update(changed);
  }

  clear(): void {
    for (const cell of this.#pages.keys()) this.#write(cell, undefined);
    this.#pages.clear();
    this.#owners.clear();
    this.setCurrent([], new Map());
  }

  /** In which cell the definition stands that `name` means in `cell`. */
  #meaning(cell: string, name: string, otherwise: string): string {
    const pinned = this.#pages.get(cell)?.pinned.get(name);
    if (pinned) return pinned;
    if (this.#current.has(name) && !this.#isMadeOfCurrent(cell, name)) return CURRENT;
    return this.#owners.get(name) ?? otherwise;
  }

  /** Whether a definition that is no longer the newest is what another cell means. */
  #isKept(cell: string, name: string): boolean {
    return [...this.#pages].some(
      ([other, { mentions }]) =>
        other !== cell && mentions.has(name) && this.#meaning(other, name, other) === cell,
    );
  }

  #isMadeOfCurrent(cell: string, name: string): boolean {
    const needs = [...(this.#pages.get(cell)?.needs ?? [])].filter(([, needed]) => needed.has(name));
    if (needs.length === 0) return false;
    const made = this.#madeOf(CURRENT, name);
    return needs.some(([own]) => made.has(`${cell} ${own}`));
  }

  /** All that a definition is made of, as `cell name`, but for what comes back to `name`. */
  #madeOf(cell: string, name: string): Set<string> {
    const found = new Set<string>();
    const visit = (from: string, own: string): void => {
      if (found.has(`${from} ${own}`)) return;
      found.add(`${from} ${own}`);
      const needs = from === CURRENT ? this.#currentNeeds : this.#pages.get(from)?.needs;
      for (const needed of needs?.get(own) ?? [])
        if (needed !== name) visit(this.#home(from, needed), needed);
    };
    visit(cell, name);
    return found;
  }

  /** As `#meaning`, for what a name is made of: never asks what it answers. */
  #home(cell: string, name: string): string {
    if (this.#current.has(name)) return CURRENT;
    return this.#pages.get(cell)?.pinned.get(name) ?? this.#owners.get(name) ?? cell;
  }

  #update(names: string[]): void {
    for (const [cell, page] of this.#pages) {
      if (!names.some((name) => page.mentions.has(name))) continue;
      this.#write(
        cell,
        page.text(cell, (name, otherwise) =>
          this.#isKept(cell, name) ? cell : this.#meaning(cell, name, otherwise),
        ),
      );
    }
  }

  #forgetUnused(): void {
    const used = new Set(this.#owners.values());
    for (const { pinned } of this.#pages.values()) for (const cell of pinned.values()) used.add(cell);
    for (const [cell, { lasts }] of this.#pages) {
      if (lasts || used.has(cell)) continue;
      this.#pages.delete(cell);
      this.#write(cell, undefined);
    }
  }
}
