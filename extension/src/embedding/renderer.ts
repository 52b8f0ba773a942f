import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { EmbeddingPayload } from "../../../src/views/contract.js";
import { element, onThemeChange } from "../dom.js";
import { canvasPlot } from "./canvasPlot.js";
import { themed } from "./colors.js";
import { decode, type Embedding } from "./decode.js";
import { cellsInFocus, legend } from "./legend.js";
import type { Plot, PlotOptions } from "./plot.js";
import { type WebglPlot, webglPlot } from "./webglPlot.js";

/** Side of a panel in CSS pixels. */
const SIDE = 360;

/** Shows an embedding: panels side by side whose cameras and pointers are tied, a legend, the cell under the pointer. */
export class EmbeddingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #trans: TranslationBundle;
  #embedding: Embedding | undefined;
  #plots: Plot[] = [];
  #forgetTheme = () => {};

  constructor(mimeType: string, trans: TranslationBundle) {
    super();
    this.#mimeType = mimeType;
    this.#trans = trans;
    this.addClass("cellkernel-embedding");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#embedding = decode(model.data[this.#mimeType] as unknown as EmbeddingPayload);
    this.#clear();
    if (this.isAttached) this.#build();
  }

  /** Canvases take their colours from the page, so they are first drawn in it; a windowed notebook takes them out and back. */
  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.#plots.length === 0) this.#build();
    else this.#redraw();
    this.#forgetTheme = onThemeChange(() => {
      this.#clear();
      this.#build();
    });
  }

  protected override onBeforeDetach(message: Message): void {
    this.#forgetTheme();
    super.onBeforeDetach(message);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.#redraw();
  }

  override dispose(): void {
    this.#clear();
    super.dispose();
  }

  #redraw(): void {
    for (const plot of this.#plots) plot.redraw();
  }

  #clear(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.node.replaceChildren();
  }

  #build(): void {
    if (!this.#embedding) return;
    const embedding = themed(this.#embedding);
    if (embedding.title) this.node.append(element("div", "title", embedding.title));
    const row = element("div", "row");
    const plots = element("div", "plots");
    const panels = element("div", "panels");
    this.node.append(row);
    row.append(plots);
    const tooltip = element("div", "tooltip");
    tooltip.setAttribute("role", "status");

    const canvases = embedding.panels.map((panel) => {
      const figure = element("figure", "panel");
      const canvas = element("canvas", "canvas");
      canvas.style.width = canvas.style.height = `${SIDE}px`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute(
        "aria-label",
        this.#trans.__("%1: %2 cells by %3 and %4", panel.title, embedding.cells, ...embedding.axes),
      );
      const frame = element("div", "frame");
      frame.append(canvas);
      zoomAfterClick(frame);
      figure.append(element("figcaption", "panel-title", panel.title), frame);
      panels.append(figure);
      return canvas;
    });
    plots.append(panels, tooltip);
    row.append(
      legend(embedding, this.#trans, (focus) => {
        this.#plots.forEach((plot, p) => {
          plot.show(cellsInFocus(embedding, p, focus));
        });
      }),
    );

    const onHover = (cell: number | null, from: number) => {
      tooltip.replaceChildren(...(cell === null ? [this.#hint()] : this.#describe(embedding, cell)));
      this.#plots.forEach((plot, p) => {
        if (p !== from) plot.mark(cell);
      });
    };
    const options = embedding.panels.map(
      (panel, p): PlotOptions => ({
        canvas: canvases[p],
        side: SIDE,
        embedding,
        panel,
        onHover: (cell) => onHover(cell, p),
      }),
    );
    const fast = options.map(webglPlot).filter((plot) => plot !== null);
    if (fast.length === options.length) tie(fast);
    this.#plots = fast.length === options.length ? fast : options.map(canvasPlot);
    this.toggleClass("cellkernel-zoomable", fast.length === options.length);
    canvases.forEach((canvas) => {
      canvas.addEventListener("dblclick", () => {
        for (const plot of this.#plots) plot.reset();
      });
    });
    tooltip.replaceChildren(this.#hint());
  }

  #hint(): Node {
    const text = this.hasClass("cellkernel-zoomable")
      ? this.#trans.__(
          "Point at a cell to see it. Click, then scroll to zoom; drag to move; double-click for all.",
        )
      : this.#trans.__("Point at a cell to see it. This browser has no WebGL, so there is no zoom.");
    return element("span", "hint", text);
  }

  #describe({ panels, categories, cellIds }: Embedding, cell: number): Node[] {
    const name = cellIds?.[cell] ?? this.#trans.__("cell %1", cell.toLocaleString("en"));
    const parts: Node[] = [element("strong", "cell", name)];
    for (const { title, codes, probabilities } of panels) {
      const category = categories[codes[cell]];
      const swatch = element("span", "swatch");
      swatch.style.backgroundColor = category?.color ?? "";
      const sure = probabilities ? ` (${(100 * probabilities[cell]).toFixed(0)} %)` : "";
      const line = element("span", "assignment");
      line.append(`${title}: `, swatch, ` ${category?.name ?? "–"}${sure}`);
      parts.push(line);
    }
    return parts;
  }
}

/** Moving one panel moves all. */
function tie(plots: WebglPlot[]): void {
  for (const plot of plots) {
    plot.onMove((view) => {
      for (const other of plots) if (other !== plot) other.follow(view);
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
