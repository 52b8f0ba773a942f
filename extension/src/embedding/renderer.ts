import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Words } from "../words.js";
import { EmbeddingView } from "./view.js";

/** An embedding as JupyterLab's output: all that it shows and does is {@link EmbeddingView}'s. */
export class EmbeddingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #view: EmbeddingView;

  constructor(mimeType: string, trans: Words) {
    super();
    this.#mimeType = mimeType;
    this.#view = new EmbeddingView(this.node, trans);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#view.show(model.data[this.#mimeType], model.data);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.#view.attach();
  }

  protected override onBeforeDetach(message: Message): void {
    this.#view.detach();
    super.onBeforeDetach(message);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.#view.redraw();
  }

  override dispose(): void {
    this.#view.dispose();
    super.dispose();
  }
}
