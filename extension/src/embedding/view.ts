import type { EmbeddingPayload } from "../../../src/views/contract.js";
import { element, onThemeChange } from "../dom.js";
import { type Bundle, instead } from "../instead.js";
import type { Words } from "../words.js";
import { type Camera, WHOLE } from "./camera.js";
import { themed } from "./colors.js";
import { decode, type Embedding } from "./decode.js";
import { describeCell, undrawn } from "./describe.js";
import { Frames } from "./frames.js";
import { gridOf } from "./grid.js";
import { layoutOf } from "./layout.js";
import { type Focus, legend, pickedBy } from "./legend.js";
import type { Plot } from "./plot.js";
import { onPointer } from "./pointer.js";
import { onGraphicsLost, pointPlot } from "./points/index.js";

/** A cell this near to the pointer is under it, in pixels of CSS. */
const NEAR = 8;

/** Shows an embedding: panels side by side whose cameras and pointers are tied, the classes, the cell under the pointer. */
export class EmbeddingView {
  readonly #host: HTMLElement;
  readonly #trans: Words;
  #bundle: Bundle = {};
  #embedding: Embedding | undefined;
  #frames: Frames | undefined;
  #plots: Plot[] = [];
  #side = 0;
  #attached = false;
  /** What the user has chosen stays through changes of the theme. */
  #focus: Focus = null;
  #picked: (Uint8Array | null)[] = [];
  #camera: Camera = WHOLE;
  #endings: (() => void)[] = [];
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #windowResized = () => this.#fit();

  /** @param host an element of the page, which the view fills */
  constructor(host: HTMLElement, trans: Words) {
    this.#host = host;
    this.#trans = trans;
    host.classList.add("cellkernel-view", "cellkernel-embedding");
  }

  /**
   * Takes up what is to be shown.
   * @param bundle the same in other forms: what is shown where the payload can't be
   */
  show(payload: unknown, bundle: Bundle): void {
    this.#bundle = bundle;
    this.#clear();
    this.#embedding = undefined;
    try {
      this.#embedding = decode(payload as EmbeddingPayload);
    } catch {
      this.#showInstead(this.#trans.__("The data of this embedding are damaged; this is its picture."));
      return;
    }
    if (this.#attached) this.#build();
  }

  /** The host has come into the page. Canvases take their colours from it, so they are drawn in it only. */
  attach(): void {
    this.#attached = true;
    if (!this.#frames) this.#build();
    else this.redraw();
    this.#resized.observe(this.#host);
    window.addEventListener("resize", this.#windowResized);
    const rebuild = () => {
      this.#clear();
      this.#build();
    };
    this.#endings = [onThemeChange(rebuild), onGraphicsLost(() => this.#loseGraphics())];
  }

  /** The host leaves the page, and may come back: a windowed notebook takes out what is out of sight. */
  detach(): void {
    this.#attached = false;
    for (const end of this.#endings) end();
    this.#resized.disconnect();
    window.removeEventListener("resize", this.#windowResized);
  }

  dispose(): void {
    this.#clear();
  }

  /** Draws anew, for instance when the host is seen again. */
  redraw(): void {
    for (const plot of this.#plots) plot.redraw();
  }

  #clear(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.#frames = undefined;
    this.#host.replaceChildren();
  }

  #showInstead(why: string, again?: () => void): void {
    const remedy = again && { label: this.#trans.__("Redraw"), run: again };
    this.#host.replaceChildren(instead(this.#bundle, why, remedy));
  }

  #loseGraphics(): void {
    if (!this.#frames || !this.#embedding) return;
    this.#clear();
    const why = this.#trans.__("The browser has lost its graphics; this is the view's picture.");
    this.#showInstead(why, () => {
      this.#clear();
      this.#build();
    });
  }

  #build(): void {
    if (!this.#embedding) return;
    const embedding = themed(this.#embedding);
    if (embedding.placed.length === 0) {
      const none = this.#trans.__("There are no cells to draw.");
      this.#showInstead(undrawn(embedding, this.#trans) ?? none);
      return;
    }
    if (embedding.title) {
      const title = element("div", "title", embedding.title);
      title.dir = "auto";
      this.#host.append(title);
    }
    const frames = new Frames(embedding, this.#trans);
    this.#frames = frames;
    const row = element("div", "row");
    const rail = legend(embedding, this.#trans, this.#focus, (focus) => {
      this.#focus = focus;
      this.#showFocus(embedding);
    });
    row.append(frames.node, rail);
    const line = element("div", "tooltip");
    line.setAttribute("role", "status");
    this.#host.append(row, line);
    const missing = undrawn(embedding, this.#trans);
    if (missing) this.#host.append(element("div", "missing", missing));
    this.#side = 0;
    this.#fit();

    const onHover = (cell: number | null) => {
      line.replaceChildren(...(cell === null ? [this.#hint()] : describeCell(embedding, cell, this.#trans)));
      for (const plot of this.#plots) plot.mark(cell);
    };
    const palette = embedding.categories.map(({ color }) => color);
    this.#picked = embedding.panels.map(() => null);
    this.#plots = embedding.panels.map((panel, p) => {
      const canvas = frames.canvases[p];
      const plot = pointPlot({ canvas, side: this.#side, places: embedding });
      plot.color(panel.codes, palette);
      plot.look(this.#camera);
      let over: number | null = null;
      onPointer(canvas, {
        camera: () => this.#camera,
        move: (camera) => {
          this.#camera = camera;
          for (const each of this.#plots) each.look(camera);
        },
        point: (at) => {
          const cell = at && gridOf(embedding).nearest(at.x, at.y, NEAR * at.pixel, this.#picked[p]);
          if (cell === over) return;
          over = cell;
          onHover(cell);
        },
      });
      return plot;
    });
    if (this.#focus) this.#showFocus(embedding);
    line.replaceChildren(this.#hint());
  }

  /** Takes up the room that there is now. */
  #fit(): void {
    const { clientWidth: width } = this.#host;
    if (!this.#frames || !this.#embedding || width === 0) return;
    const style = getComputedStyle(this.#host);
    const room = width - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
    const layout = layoutOf(room, window.innerHeight, this.#embedding.panels.length);
    this.#frames.fit(layout);
    this.#host.classList.toggle("cellkernel-beside", layout.beside);
    this.#host.style.setProperty("--cellkernel-side", `${layout.side}px`);
    if (layout.side === this.#side) return;
    this.#side = layout.side;
    for (const plot of this.#plots) plot.resize(layout.side);
  }

  #showFocus(embedding: Embedding): void {
    this.#plots.forEach((plot, p) => {
      this.#picked[p] = pickedBy(embedding, p, this.#focus);
      plot.show(this.#picked[p]);
    });
  }

  #hint(): Node {
    const text = this.#trans.__(
      "Point at a cell to see it. Click, then scroll to zoom; drag to move; double-click for all.",
    );
    return element("span", "hint", text);
  }
}
