import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Camera } from "./camera.js";
import { type Coloring, type Embedding, NONE } from "./decode.js";

import { type Gestured, Gestures } from "./gestures.js";
import { Overlay } from "./overlay.js";
import type { Plot } from "./plot.js";
import { shown } from "./values.js";

/** One square plot with its heading. */
export class Panel {
  readonly node = element("figure", "panel");
  /** Takes the focus, the pointer and the keys. */
  readonly frame = element("div", "frame");
  readonly canvas = element("canvas", "canvas");
  readonly overlay = new Overlay();
  readonly gestures: Gestures;
  readonly #caption = element("figcaption", "panel-title");
  /** The heading: a button where there are panels to choose from. */
  readonly #name = element("button", "panel-name");
  readonly #bars = element("span", "bars");
  readonly #embedding: Embedding;
  readonly #trans: Words;
  plot: Plot | undefined;
  /** The plot that has these colours: a view may hear of them before it draws. */
  #colored: Plot | undefined;
  coloring: Coloring;
  palette: readonly string[] = [];

  /** @param aim makes this the panel that is coloured next */
  constructor(embedding: Embedding, coloring: Coloring, trans: Words, gestured: Gestured, aim: () => void) {
    this.#embedding = embedding;
    this.#trans = trans;
    this.coloring = coloring;
    this.canvas.setAttribute("role", "img");
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "application");
    this.frame.setAttribute("aria-roledescription", trans.__("plot"));
    this.frame.append(this.canvas, this.overlay.node);
    this.#name.type = "button";
    this.#name.dir = "auto";
    this.#name.addEventListener("click", aim);
    this.#caption.append(this.#name, this.#bars);
    this.node.append(this.#caption, this.frame);
    this.gestures = new Gestures(this.frame, gestured);
  }

  /** Colours the cells: classes by their names' colours, numbers by a scale that stands in the heading. */
  color(coloring: Coloring, palette: readonly string[]): void {
    if (coloring === this.coloring && palette === this.palette && this.plot === this.#colored) return;
    this.#colored = this.plot;
    this.coloring = coloring;
    this.palette = palette;
    const { title, range, codes } = coloring;
    this.#name.textContent = title;
    this.#name.title = this.#words();
    this.#bars.replaceChildren(...(range ? [this.#bar(range, palette, codes)] : []));
    const { cells, axes } = this.#embedding;
    const words = this.#trans.__("%1: %2 cells by %3 and %4", title, cells.toLocaleString("en"), ...axes);
    this.canvas.setAttribute("aria-label", words);
    this.frame.setAttribute(
      "aria-label",
      this.#trans.__("%1. Arrows move, + and − zoom, n and p step through cells, Escape leaves.", title),
    );
    this.plot?.color(codes, palette);
    this.overlay.name(coloring, this.#embedding);
  }

  /** Whether this is the panel that is coloured next; null where there is no choice. */
  set aimed(aimed: boolean | null) {
    this.#name.disabled = aimed === null;
    if (aimed === null) this.#name.removeAttribute("aria-pressed");
    else this.#name.setAttribute("aria-pressed", String(aimed));
    this.#name.title = this.#words();
  }

  #words(): string {
    const { title } = this.coloring;
    return this.#name.disabled
      ? title
      : this.#trans.__("%1: “Colour by” is for the panel that is chosen here", title);
  }

  look(camera: Camera, side: number): void {
    this.plot?.look(camera);
    this.overlay.look(camera, side);
  }

  show(picked: Uint8Array | null): void {
    this.plot?.show(picked);
    this.overlay.pick(picked);
  }

  resize(side: number): void {
    this.canvas.style.width = this.canvas.style.height = `${side}px`;
    this.plot?.resize(side);
  }

  #bar(
    range: { min: number; max: number },
    palette: readonly string[],
    codes: ArrayLike<number>,
  ): HTMLElement {
    const bar = element("span", "bar");
    const colors = element("span", "bar-colors");
    const stops = Array.from({ length: 9 }, (_, i) => palette[Math.round((i / 8) * (palette.length - 1))]);
    colors.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    bar.append(
      element("span", "bar-end", shown(range.min)),
      colors,
      element("span", "bar-end", shown(range.max)),
    );
    const ends = this.#trans.__(
      "Values outside %1 … %2 are drawn like these.",
      shown(range.min),
      shown(range.max),
    );
    bar.title = ends;
    if (Array.prototype.some.call(codes, (code: number) => code >= palette.length)) {
      const missing = element("span", "bar-missing");
      const swatch = element("span", "swatch");
      swatch.style.backgroundColor = NONE;
      missing.append(swatch, this.#trans.__("missing"));
      bar.append(missing);
    }
    return bar;
  }
}
