import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Coloring } from "./decode.js";
import { membersOf } from "./members.js";
import { MISTAKE } from "./mistakes.js";

/** How a click on an entry changes the selection: it alone, or it besides. */
export type Pick = "alone" | "besides";

/** What the rail's entries do. */
export interface RailActions {
  /** Takes the cells of a class of a colouring. */
  pick(coloring: Coloring, code: number, how: Pick): void;
  /** Shows them while the pointer is on the entry; null when it has left. */
  preview(coloring: Coloring, code: number): void;
  leave(): void;
}

/** Classes under one heading: a column of counts for each colouring that counts through them. */
interface Section {
  columns: readonly Coloring[];
  entries: { button: HTMLButtonElement; swatch: HTMLElement; code: number }[];
  heads: HTMLElement[];
}

/** From so many classes on there is a box to find one by name. */
const FILTERED = 12;

/** What stands beside the plots: the mistakes, a box that filters, the classes by size with their numbers of cells. */
export class Rail {
  readonly node = element("div", "legend");
  readonly #trans: Words;
  readonly #actions: RailActions;
  readonly #list = element("div", "legend-list");
  readonly #top = element("div", "legend-top");
  #sections: Section[] = [];
  #shown: readonly Coloring[] = [];
  #mistakes: { button: HTMLButtonElement; coloring: Coloring } | undefined;
  /** Heading of the column whose classes an entry takes. */
  #by = 0;

  constructor(trans: Words, actions: RailActions) {
    this.#trans = trans;
    this.#actions = actions;
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", trans.__("Classes"));
    this.node.append(this.#top, this.#list);
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
  }

  /**
   * Lists the classes of these colourings; those that count through the same classes stand together.
   * @param palettes colours by colouring
   */
  show(
    colorings: readonly Coloring[],
    mistakes: Coloring | undefined,
    palettes: (coloring: Coloring) => readonly string[],
  ): void {
    // What is listed stays, with the focus and the pointer on it.
    const same =
      colorings.length === this.#shown.length && colorings.every((each, i) => each === this.#shown[i]);
    if (!same) this.#build(colorings, mistakes);
    this.#shown = colorings;
    for (const { columns, entries } of this.#sections) {
      const palette = palettes(columns[0]);
      for (const { swatch, code } of entries) swatch.style.backgroundColor = palette[code];
    }
  }

  #build(colorings: readonly Coloring[], mistakes: Coloring | undefined): void {
    this.#mistakes = mistakes && this.#mistakesButton(mistakes);
    const groups = new Map<unknown, Coloring[]>();
    for (const coloring of colorings) {
      if (!coloring.categories) continue;
      groups.set(coloring.categories, [...(groups.get(coloring.categories) ?? []), coloring]);
    }
    const most = Math.max(0, ...[...groups.values()].map(([{ categories }]) => categories!.length));
    this.#top.replaceChildren(
      ...(this.#mistakes ? [this.#mistakes.button] : []),
      ...(most >= FILTERED ? [this.#filter()] : []),
    );
    const parts = [...groups.values()].map((columns) => this.#section(columns));
    this.#sections = parts.map(({ section }) => section);
    this.#list.replaceChildren(...parts.map(({ node }) => node));
    this.#choose(this.#by);
  }

  /** Marks the entries all of whose cells are picked. */
  press(picked: Uint8Array | null): void {
    const mark = (button: HTMLElement, cells: Uint32Array) => {
      const all = picked !== null && cells.length > 0 && cells.every((cell) => picked[cell] === 1);
      button.setAttribute("aria-pressed", String(all));
    };
    for (const { columns, entries } of this.#sections) {
      const { codes, categories } = columns[this.#by] ?? columns[0];
      const members = membersOf(codes, categories!.length);
      for (const { button, code } of entries) mark(button, members.of(code));
    }
    if (this.#mistakes) {
      const { codes, categories } = this.#mistakes.coloring;
      mark(this.#mistakes.button, membersOf(codes, categories!.length).of(MISTAKE));
    }
    this.node.classList.toggle("cellkernel-legend-focused", picked !== null);
  }

  #mistakesButton(coloring: Coloring): { button: HTMLButtonElement; coloring: Coloring } | undefined {
    const { title, codes, categories } = coloring;
    const count = membersOf(codes, categories!.length).sizes[MISTAKE];
    const swatch = element("span", "swatch cellkernel-differ");
    const label = element("span", "name", title);
    const button = this.#entry([swatch, label, element("span", "count", count.toLocaleString("en"))], () => ({
      coloring,
      code: MISTAKE,
    }));
    button.classList.add("cellkernel-mistakes");
    return { button, coloring };
  }

  #section(columns: readonly Coloring[]): { node: HTMLElement; section: Section } {
    const categories = columns[0].categories!;
    const sizes = columns.map(({ codes }) => membersOf(codes, categories.length).sizes);
    const node = element("div", "classes");
    node.style.setProperty("--cellkernel-columns", String(columns.length));
    const header = element("div", "legend-header");
    const section: Section = { columns, entries: [], heads: [] };
    const choice = columns.length > 1;
    header.append(element("span", "name", choice ? this.#trans.__("Pick by") : this.#trans.__("Class")));
    const heads = element("span", "heads");
    if (choice) {
      heads.setAttribute("role", "radiogroup");
      heads.setAttribute("aria-label", this.#trans.__("Pick cells by"));
    }
    section.heads = columns.map(({ title }, c) => {
      const head = choice ? element("button", "head", title) : element("span", "head", title);
      head.title = choice ? this.#trans.__("A class takes its cells by “%1”", title) : title;
      if (choice) {
        head.setAttribute("role", "radio");
        head.addEventListener("click", () => this.#choose(c));
      }
      return head;
    });
    heads.append(...section.heads);
    header.append(heads);
    const bySize = categories.map((_, c) => c).sort((a, b) => sizes[0][b] - sizes[0][a] || a - b);
    section.entries = bySize.map((code) => {
      const { name } = categories[code];
      const swatch = element("span", "swatch");
      const label = element("span", "name", name);
      label.title = name;
      label.dir = "auto";
      const counts = sizes.map((size) => element("span", "count", size[code].toLocaleString("en")));
      const button = this.#entry([swatch, label, ...counts], () => ({
        coloring: columns[this.#by] ?? columns[0],
        code,
      }));
      return { button, swatch, code };
    });
    node.append(header, ...section.entries.map(({ button }) => button));
    return { node, section };
  }

  /** A button that takes cells: alone, with Ctrl or ⌘ besides; the pointer on it, or the focus, shows them before. */
  #entry(content: readonly Node[], what: () => { coloring: Coloring; code: number }): HTMLButtonElement {
    const button = element("button", "legend-entry");
    button.type = "button";
    button.append(...content);
    button.setAttribute("aria-pressed", "false");
    let over = false;
    button.addEventListener("click", ({ ctrlKey, metaKey }) => {
      const { coloring, code } = what();
      this.#actions.pick(coloring, code, ctrlKey || metaKey ? "besides" : "alone");
    });
    // Not where the entry comes under a pointer that rests, by scrolling.
    button.addEventListener("pointermove", ({ pointerType, movementX, movementY }) => {
      if (over || pointerType !== "mouse" || (movementX === 0 && movementY === 0)) return;
      over = true;
      const { coloring, code } = what();
      this.#actions.preview(coloring, code);
    });
    button.addEventListener("pointerleave", () => {
      over = false;
      this.#actions.leave();
    });
    return button;
  }

  #choose(by: number): void {
    this.#by = by;
    for (const { heads } of this.#sections) {
      if (heads.length < 2) continue;
      heads.forEach((head, h) => {
        head.setAttribute("aria-checked", String(h === by));
        head.tabIndex = h === by ? 0 : -1;
      });
    }
  }

  /** Arrows walk through the classes, and between the headings. */
  #walk(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const vertical = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const heads = this.#sections.find((section) => section.heads.includes(target))?.heads;
    if (heads && across) {
      const to = (heads.indexOf(target) + across + heads.length) % heads.length;
      this.#choose(to);
      heads[to].focus();
    } else if (!heads && vertical) {
      const buttons = [...this.#list.querySelectorAll<HTMLElement>(".cellkernel-legend-entry:not([hidden])")];
      buttons[buttons.indexOf(target) + vertical]?.focus();
    } else return;
    event.preventDefault();
  }

  #filter(): HTMLElement {
    const box = element("input", "filter");
    box.type = "search";
    box.placeholder = this.#trans.__("Filter the classes");
    box.setAttribute("aria-label", box.placeholder);
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      for (const { columns, entries } of this.#sections)
        for (const { button, code } of entries)
          button.hidden = !columns[0].categories![code].name.toLowerCase().includes(wanted);
    });
    return box;
  }
}
