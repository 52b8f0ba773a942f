import { type DecodedEvaluation, sequential } from "../../../src/views/contract.js";
import { element, isDark, textWidth } from "../dom.js";
import type { Words } from "../words.js";
import type { Picked } from "./picked.js";
import { percent } from "./words.js";

/** An entry of the matrix; a class of one side only: a head of a row or a column. */
export interface Entry {
  truth?: number;
  predicted?: number;
}

/** What the matrix' user does. */
export interface MatrixActions {
  /** @param add whether it comes to what is selected already */
  select(entry: Entry, add: boolean): void;
  /** The pointer rests on an entry; null: on none. */
  preview(entry: Entry | null): void;
}

/** Sides of an entry in CSS pixels: as large as there is room, but to be hit with a pointer. */
const LEAST = 16;
const MOST = 64;
/** An entry is so much wider than high at most. */
const WIDER = 1.7;
/** From this width on a number can be read in it. */
const READABLE = 30;
/** Room for the classes' names, as long as they are: at the left, and above; at most, and of the width or height there is. */
const NAMES = 240;
const HEADS = 240;
const [NAMES_SHARE, HEADS_SHARE] = [0.36, 0.44];
/** Room for what stands in the corner, and beside a name. */
const CORNER = 64;
const BESIDE = 16;
/** Entries that are drawn around those that are seen. */
const AROUND = 3;

let matrices = 0;

/**
 * The confusion matrix: rows are true classes, columns predicted ones. Of many classes only what is seen is drawn, and the
 * rest scrolls. One tab stop: arrows go from entry to entry, heads among them, and Enter selects.
 */
export class Matrix {
  readonly node = element("div", "matrix");
  readonly #evaluation: DecodedEvaluation;
  readonly #trans: Words;
  readonly #actions: MatrixActions | undefined;
  readonly #inner = element("div", "matrix-inner");
  readonly #id = `cellkernel-matrix-${matrices++}`;
  #wide = MOST;
  #high = MOST;
  #names = NAMES;
  #heads = HEADS;
  /** −1 is the head. */
  #active = { row: 0, column: 0 };
  #shares = true;
  #picked: Picked | undefined;
  #palette: readonly string[] = [];
  #drawn = "";

  /** @param actions left out where there is nothing to select */
  constructor(evaluation: DecodedEvaluation, trans: Words, actions?: MatrixActions) {
    this.#evaluation = evaluation;
    this.#trans = trans;
    this.#actions = actions;
    const { node } = this;
    node.tabIndex = 0;
    node.setAttribute("role", "grid");
    node.setAttribute(
      "aria-label",
      trans.__("Confusion matrix: rows are true classes, columns predicted ones"),
    );
    node.setAttribute("aria-rowcount", String(evaluation.classes.length + 1));
    node.setAttribute("aria-colcount", String(evaluation.classes.length + 1));
    node.append(this.#inner);
    node.addEventListener("scroll", () => this.#draw());
    node.addEventListener("keydown", (event) => {
      if (this.#press(event)) event.preventDefault();
    });
    node.addEventListener("focus", () => this.#activate(this.#active.row, this.#active.column));
    if (!actions) return;
    this.#inner.addEventListener("click", (event) => {
      const at = placeOf(event.target);
      if (!at) return;
      this.#activate(at.row, at.column);
      actions.select(entryAt(at.row, at.column), event.ctrlKey || event.metaKey);
    });
    this.#inner.addEventListener("pointerover", (event) => {
      const at = placeOf(event.target);
      actions.preview(at ? entryAt(at.row, at.column) : null);
    });
    node.addEventListener("pointerleave", () => actions.preview(null));
  }

  /** Shows shares of the true class, or numbers of cells. */
  set shares(on: boolean) {
    this.#shares = on;
    this.redraw();
  }

  /** Marks the entries that hold selected cells, and the heads of the classes that are selected whole. */
  set picked(picked: Picked) {
    this.#picked = picked;
    this.#mark();
  }

  /** Takes up room, in CSS pixels. */
  fit(width: number, height: number): void {
    const { classes } = this.#evaluation;
    const { length } = classes;
    const font = getComputedStyle(this.node);
    const longest = Math.max(...classes.map((name) => textWidth(name, font)), CORNER - BESIDE) + BESIDE;
    this.#names = Math.ceil(Math.min(longest, NAMES, width * NAMES_SHARE));
    this.#heads = Math.ceil(Math.min(longest, HEADS, height * HEADS_SHARE));
    const [across, down] = [(width - this.#names) / length, (height - this.#heads) / length];
    const side = (room: number) => Math.max(LEAST, Math.min(MOST, Math.floor(room)));
    this.#high = side(Math.min(down, across * WIDER));
    this.#wide = side(Math.min(across, this.#high * WIDER));
    const [wide, high] = [this.#names + length * this.#wide, this.#heads + length * this.#high];
    this.#inner.style.width = `${wide}px`;
    this.#inner.style.height = `${high}px`;
    this.node.style.maxHeight = `${height}px`;
    this.redraw();
  }

  /** Whether more classes are there than are seen at a time. */
  get scrolls(): boolean {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = this.node;
    return scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1;
  }

  /** Draws anew, also when the page's colours have changed. */
  redraw(): void {
    this.#palette = sequential(isDark() ? "dark" : "light");
    this.#drawn = "";
    this.#draw();
  }

  #draw(): void {
    const { classes } = this.#evaluation;
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.node;
    const range = (from: number, room: number, side: number) => [
      Math.max(0, Math.floor(from / side) - AROUND),
      Math.min(classes.length, Math.ceil((from + room) / side) + AROUND),
    ];
    const rows = range(scrollTop, clientHeight - this.#heads, this.#high);
    const columns = range(scrollLeft, clientWidth - this.#names, this.#wide);
    const drawn = [rows, columns].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const heads = this.#row(-1, columns);
    heads.prepend(this.#corner());
    const body = Array.from({ length: Math.max(0, rows[1] - rows[0]) }, (_, i) =>
      this.#row(rows[0] + i, columns),
    );
    this.#inner.replaceChildren(heads, ...body);
    this.#mark();
  }

  /** Marks what is active and what is picked, in place: what is under a pressed pointer must not go. */
  #mark(): void {
    const { row, column } = this.#active;
    for (const node of this.#inner.querySelectorAll<HTMLElement>("[data-row]")) {
      const [r, c] = [Number(node.dataset.row), Number(node.dataset.column)];
      node.classList.toggle("cellkernel-active", r === row && c === column);
      node.classList.toggle("cellkernel-picked", this.#isPicked(r, c));
    }
  }

  #isPicked(row: number, column: number): boolean {
    if (!this.#picked) return false;
    const { entries, truth, predicted } = this.#picked;
    if (row < 0) return predicted.has(column);
    return column < 0 ? truth.has(row) : entries.has(row * this.#evaluation.classes.length + column);
  }

  #row(row: number, [from, to]: number[]): HTMLElement {
    const node = element("div", row < 0 ? "matrix-heads" : "matrix-row");
    node.setAttribute("role", "row");
    node.setAttribute("aria-rowindex", String(row + 2));
    node.style.width = this.#inner.style.width;
    node.style.height = `${row < 0 ? this.#heads : this.#high}px`;
    if (row >= 0) {
      node.style.top = `${this.#heads + row * this.#high}px`;
      node.append(this.#head(row, -1));
    }
    for (let column = from; column < to; column++)
      node.append(row < 0 ? this.#head(-1, column) : this.#entry(row, column));
    return node;
  }

  #corner(): HTMLElement {
    const corner = element("div", "matrix-corner");
    corner.style.width = `${this.#names}px`;
    corner.append(
      element("span", "matrix-across", this.#trans.__("predicted →")),
      element("span", "matrix-down", this.#trans.__("true ↓")),
    );
    return corner;
  }

  #head(row: number, column: number): HTMLElement {
    const { classes, support, predictedAs } = this.#evaluation;
    const isRow = column < 0;
    const name = classes[isRow ? row : column];
    const cells = (isRow ? support[row] : predictedAs[column]).toLocaleString("en");
    const head = element("div", isRow ? "matrix-head" : "matrix-head cellkernel-matrix-above");
    const text = element("span", "matrix-name", name);
    text.dir = "auto";
    head.append(text);
    head.title = isRow
      ? this.#trans.__("%1: %2 cells truly are", name, cells)
      : this.#trans.__("%1: %2 cells were taken for it", name, cells);
    if (isRow) {
      head.style.width = `${this.#names}px`;
      head.style.lineHeight = `${this.#high}px`;
    } else {
      head.style.left = `${this.#names + column * this.#wide}px`;
      head.style.width = `${this.#wide}px`;
    }
    return this.#placed(head, row, column, isRow ? "rowheader" : "columnheader");
  }

  #entry(row: number, column: number): HTMLElement {
    const { classes, confusion, support } = this.#evaluation;
    const at = row * classes.length + column;
    const cells = confusion.get(at) ?? 0;
    const share = support[row] > 0 ? cells / support[row] : 0;
    const node = element("div", "matrix-entry");
    node.style.left = `${this.#names + column * this.#wide}px`;
    node.style.width = `${this.#wide}px`;
    node.style.height = `${this.#high}px`;
    const counted = cells.toLocaleString("en");
    node.title = this.#trans.__(
      "true %1, taken for %2: %3 cells, %4 of the true class",
      ...[classes[row], classes[column], counted, percent(share)],
    );
    if (cells > 0) {
      const color = this.#palette[Math.round(share * (this.#palette.length - 1))];
      node.style.backgroundColor = color;
      node.style.color = isBright(color) ? "#111" : "#fff";
      if (this.#wide >= READABLE) node.textContent = this.#shares ? percent(share).replace(" ", "") : counted;
    }
    node.classList.toggle("cellkernel-right", row === column);
    return this.#placed(node, row, column, "gridcell");
  }

  #placed(node: HTMLElement, row: number, column: number, role: string): HTMLElement {
    node.id = this.#idOf(row, column);
    node.setAttribute("role", role);
    node.setAttribute("aria-label", node.title);
    node.setAttribute("aria-colindex", String(column + 2));
    node.dataset.row = String(row);
    node.dataset.column = String(column);
    return node;
  }

  #idOf(row: number, column: number): string {
    return `${this.#id}-${row}-${column}`;
  }

  #activate(row: number, column: number): void {
    this.#active = { row, column };
    this.#seek(row, column);
    this.#draw();
    this.#mark();
    this.node.setAttribute("aria-activedescendant", this.#idOf(row, column));
  }

  /** Brings an entry out from under the heads and into view. */
  #seek(row: number, column: number): void {
    const { node } = this;
    const along = (at: number, from: number, room: number, side: number) => {
      if (at < 0) return from;
      const start = at * side;
      return Math.max(Math.min(from, start), start + side - room);
    };
    node.scrollTop = along(row, node.scrollTop, node.clientHeight - this.#heads, this.#high);
    node.scrollLeft = along(column, node.scrollLeft, node.clientWidth - this.#names, this.#wide);
  }

  #press({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
    const { row, column } = this.#active;
    const last = this.#evaluation.classes.length - 1;
    const to = (r: number, c: number) => {
      const [nextRow, nextColumn] = [r, c].map((at) => Math.max(-1, Math.min(last, at)));
      // There is nothing in the corner.
      if (nextRow >= 0 || nextColumn >= 0) this.#activate(nextRow, nextColumn);
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => to(row, column - 1),
      ArrowRight: () => to(row, column + 1),
      ArrowUp: () => to(row - 1, column),
      ArrowDown: () => to(row + 1, column),
      Home: () => to(row, 0),
      End: () => to(row, last),
      PageUp: () => to(row - 10, column),
      PageDown: () => to(row + 10, column),
      Enter: () => this.#actions?.select(entryAt(row, column), ctrlKey || metaKey),
      " ": () => this.#actions?.select(entryAt(row, column), ctrlKey || metaKey),
    };
    if (!Object.hasOwn(keys, key)) return false;
    keys[key]();
    return true;
  }
}

function placeOf(target: EventTarget | null): { row: number; column: number } | undefined {
  const { row, column } = (target as Element | null)?.closest<HTMLElement>("[data-row]")?.dataset ?? {};
  return row === undefined ? undefined : { row: Number(row), column: Number(column) };
}

function entryAt(row: number, column: number): Entry {
  return { ...(row >= 0 && { truth: row }), ...(column >= 0 && { predicted: column }) };
}

/** Whether dark text reads better on a colour than white does (WCAG 2's luminance). */
function isBright(color: string): boolean {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18;
}
