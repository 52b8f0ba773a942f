import type { INotebookTracker } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { placeOf } from "../kernel.js";
import type { Words } from "../words.js";
import { EmbeddingView } from "./view.js";

/** An embedding as JupyterLab's output: all that it shows and does is {@link EmbeddingView}'s. */
export class EmbeddingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #view: EmbeddingView;

  constructor(mimeType: string, trans: Words, notebooks: INotebookTracker | null) {
    super();
    this.#mimeType = mimeType;
    const useCode = (code: string) =>
      insertBelow(notebooks, this, code) ? trans.__("A cell below holds them.") : undefined;
    this.#view = new EmbeddingView(this.node, { trans, useCode });
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

/** Puts a cell with code below the one whose output this is; returns whether there is one. */
function insertBelow(notebooks: INotebookTracker | null, output: Widget, source: string): boolean {
  const place = placeOf(notebooks, output);
  const model = place?.panel.content.model;
  if (!place || !model || model.readOnly) return false;
  model.sharedModel.insertCell(place.cell + 1, { cell_type: "code", source });
  return true;
}
