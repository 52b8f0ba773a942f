import { element } from "../dom.js";

/** Something that opens below what it belongs to, and closes when the user turns to something else. */
export class Popup {
  readonly node: HTMLElement;
  readonly #around: HTMLElement;
  readonly #closed: () => void;
  readonly #outside = (event: Event) => {
    if (!event.composedPath().includes(this.#around)) this.close();
  };

  /** @param around holds the popup and what opens it */
  constructor(around: HTMLElement, role: "menu" | "listbox", closed: () => void = () => {}) {
    this.node = element("div", `popup cellkernel-${role}`);
    this.node.setAttribute("role", role);
    this.node.hidden = true;
    this.#around = around;
    this.#closed = closed;
    around.append(this.node);
  }

  get isOpen(): boolean {
    return !this.node.hidden;
  }

  open(): void {
    if (this.isOpen) return;
    this.node.hidden = false;
    for (const event of ["pointerdown", "focusin"]) document.addEventListener(event, this.#outside, true);
  }

  close(): void {
    if (!this.isOpen) return;
    this.node.hidden = true;
    for (const event of ["pointerdown", "focusin"]) document.removeEventListener(event, this.#outside, true);
    this.#closed();
  }
}
