import { element } from "../dom.js";
import type { Words } from "../words.js";

/** What the line's buttons do. */
export interface LineActions {
  use(): void;
  clear(): void;
}

/** The line below the plots: what is selected, or what one can do. As high whatever stands in it. */
export class Line {
  readonly node = element("div", "line");
  readonly #said = element("span", "said");
  readonly #buttons = element("span", "line-buttons");
  readonly #clear: HTMLButtonElement;
  readonly #trans: Words;
  #note: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #selected = { count: 0, what: "" };

  constructor(trans: Words, actions: LineActions) {
    this.#trans = trans;
    this.#said.setAttribute("role", "status");
    const use = this.#button(trans.__("Use in code"), actions.use);
    this.#clear = this.#button(trans.__("Clear"), actions.clear);
    this.#buttons.append(use, this.#clear);
    this.node.append(this.#said, this.#buttons);
    this.select(0, "");
  }

  /** Whether the focus stands on something that goes when nothing is selected. */
  get hasFocus(): boolean {
    return this.#buttons.contains(document.activeElement);
  }

  select(count: number, what: string): void {
    this.#selected = { count, what };
    this.#draw();
  }

  /** Says something for a while. */
  note(text: string): void {
    this.#note = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#note = undefined;
      this.#draw();
    }, 4000);
    this.#draw();
  }

  #draw(): void {
    const { count, what } = this.#selected;
    const trans = this.#trans;
    const number = count.toLocaleString("en");
    const counted = count === 1 ? trans.__("1 cell selected") : trans.__("%1 cells selected", number);
    const hint = trans.__(
      "Point at a cell to see it; a click keeps it, and then the wheel zooms. Drag to move, double-click for all.",
    );
    const words = this.#note ?? (count > 0 ? [counted, what].filter(Boolean).join(" · ") : hint);
    this.#said.textContent = words;
    this.#said.title = words;
    this.#said.classList.toggle("cellkernel-hint", count === 0 && this.#note === undefined);
    this.#buttons.hidden = count === 0;
  }

  #button(label: string, run: () => void): HTMLButtonElement {
    const button = element("button", "link", label);
    button.type = "button";
    button.addEventListener("click", run);
    return button;
  }
}
