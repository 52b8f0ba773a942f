import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Embedding } from "./decode.js";
import type { Layout } from "./layout.js";

/** The panels' places on the page: one canvas each in a row, or one at a time with tabs above. */
export class Frames {
  readonly node = element("div", "plots");
  readonly canvases: HTMLCanvasElement[] = [];
  readonly #figures: HTMLElement[] = [];
  readonly #tabs = element("div", "tabs");
  #shown = 0;

  constructor({ panels, cells, axes }: Embedding, trans: Words) {
    const row = element("div", "panels");
    this.#tabs.setAttribute("role", "tablist");
    panels.forEach(({ title }, p) => {
      const canvas = element("canvas", "canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", trans.__("%1: %2 cells by %3 and %4", title, cells, ...axes));
      const frame = element("div", "frame");
      frame.append(canvas);
      zoomAfterClick(frame);
      const figure = element("figure", "panel");
      const caption = element("figcaption", "panel-title", title);
      caption.dir = "auto";
      figure.append(caption, frame);
      row.append(figure);
      const tab = element("button", "tab", title);
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.#choose(p));
      this.#tabs.append(tab);
      this.canvases.push(canvas);
      this.#figures.push(figure);
    });
    this.node.append(this.#tabs, row);
  }

  fit({ side, tabs }: Layout): void {
    for (const canvas of this.canvases) canvas.style.width = canvas.style.height = `${side}px`;
    this.#tabs.hidden = !tabs;
    this.node.classList.toggle("cellkernel-tabbed", tabs);
    this.#choose(this.#shown);
  }

  #choose(panel: number): void {
    this.#shown = panel;
    const one = !this.#tabs.hidden;
    this.#figures.forEach((figure, p) => {
      figure.hidden = one && p !== panel;
    });
    [...this.#tabs.children].forEach((tab, p) => {
      tab.setAttribute("aria-selected", String(p === panel));
    });
  }
}

/** Lets the wheel scroll the notebook until the plot has been clicked; otherwise no one gets past it. */
function zoomAfterClick(frame: HTMLElement): void {
  frame.addEventListener("pointerdown", () => frame.classList.add("cellkernel-active"));
  frame.addEventListener("pointerleave", () => frame.classList.remove("cellkernel-active"));
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!frame.classList.contains("cellkernel-active")) event.stopPropagation();
    },
    { capture: true },
  );
}
