import { type IRenderMimeRegistry, MimeModel } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { Message } from "@lumino/messaging";
import { PanelLayout, Widget } from "@lumino/widgets";
import { type PlotPayload, VEGA_LITE_MIME } from "../../../src/views/contract.js";
import { instead } from "../instead.js";
import type { Words } from "../words.js";
import { widened, widening } from "./fit.js";

/** Milliseconds without another size before a plot is drawn anew. */
const REST = 120;
/** A smaller change of the width is not worth a drawing. */
const SAME = 0.02;

/** A Vega-Lite plot of ours, drawn by JupyterLab's own renderer, as wide as its place is. */
export class PlotRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #rendermime: IRenderMimeRegistry;
  readonly #trans: Words;
  readonly #plots = new PanelLayout();
  readonly #resized = new ResizeObserver(() => this.#later());
  #model: IRenderMime.IMimeModel | undefined;
  #shown: IRenderMime.IRenderer | undefined;
  /** How wide the plot is as its specification has it. */
  #whole = 0;
  #by = 1;
  /** Counts the drawings: one that comes late is not shown. */
  #drawing = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(mimeType: string, rendermime: IRenderMimeRegistry, trans: Words) {
    super();
    this.#mimeType = mimeType;
    this.#rendermime = rendermime;
    this.#trans = trans;
    this.addClass("cellkernel-plot");
    this.layout = this.#plots;
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#model = model;
    try {
      const plot = await this.#draw(1);
      this.#whole = Number(plot?.node.querySelector("svg.marks")?.getAttribute("width"));
      await this.#fit();
    } catch {
      const why = this.#trans.__(
        "The data of this plot are damaged, or the page draws no Vega-Lite; this is its picture.",
      );
      this.node.classList.add("cellkernel-view");
      this.node.replaceChildren(instead(model.data, why));
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.#resized.observe(this.node);
  }

  protected override onBeforeDetach(message: Message): void {
    this.#resized.disconnect();
    super.onBeforeDetach(message);
  }

  override dispose(): void {
    clearTimeout(this.#timer);
    this.#resized.disconnect();
    super.dispose();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fit(), REST);
  }

  async #fit(): Promise<void> {
    const room = this.#room;
    if (this.isDisposed || room <= 0) return;
    const { panels } = (this.#model?.data[this.#mimeType] ?? {}) as unknown as Partial<PlotPayload>;
    const by = widening({ room, whole: this.#whole, panels: Number(panels) });
    if (Math.abs(by / this.#by - 1) > SAME) await this.#draw(by);
  }

  /** Draws beside what is shown, and then in its place, so that the page does not jump. */
  async #draw(by: number): Promise<IRenderMime.IRenderer | undefined> {
    const drawing = ++this.#drawing;
    this.#by = by;
    const { data, metadata } = this.#model!;
    const spec = widened(data[VEGA_LITE_MIME] as Record<string, unknown>, by) as ReadonlyPartialJSONObject;
    const next = this.#rendermime.createRenderer(VEGA_LITE_MIME);
    await next.renderModel(new MimeModel({ data: { ...data, [VEGA_LITE_MIME]: spec }, metadata }));
    if (this.isDisposed || drawing !== this.#drawing) {
      next.dispose();
      return undefined;
    }
    this.#plots.addWidget(next);
    this.#shown?.dispose();
    this.#shown = next;
    return next;
  }

  /** Width for the plot itself: its renderer keeps some for its menu. */
  get #room(): number {
    const plot = this.#shown?.node;
    const embed = plot?.querySelector<HTMLElement>(".vega-embed");
    if (!plot || !embed) return 0;
    const sizes = [
      getComputedStyle(plot).marginLeft,
      getComputedStyle(embed).paddingLeft,
      getComputedStyle(embed).paddingRight,
    ];
    return sizes.reduce((room, size) => room - (Number.parseFloat(size) || 0), this.node.clientWidth);
  }
}
