import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Words } from "../words.js";
import { EvaluationView } from "./view.js";

/** An evaluation as JupyterLab's output: all that it shows and does is {@link EvaluationView}'s. */
export class EvaluationRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #view: EvaluationView;

  constructor(mimeType: string, trans: Words) {
    super();
    this.#mimeType = mimeType;
    this.#view = new EvaluationView(this.node, trans);
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

  override dispose(): void {
    this.#view.dispose();
    super.dispose();
  }
}
