import type { INotebookTracker } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { JSONExt, type ReadonlyPartialJSONValue } from "@lumino/coreutils";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { placeOf } from "../kernel.js";
import { ViewLink } from "../link.js";
import type { Words } from "../words.js";
import { Ask } from "./ask.js";
import { EmbeddingView, type Kernel } from "./view.js";
import type { ShownViews } from "./views.js";

/** An embedding as JupyterLab's output: all that it shows and does is {@link EmbeddingView}'s. */
export class EmbeddingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #view: EmbeddingView;
  readonly #views: ShownViews;
  #payload: ReadonlyPartialJSONValue | undefined;

  constructor(mimeType: string, trans: Words, notebooks: INotebookTracker | null, views: ShownViews) {
    super();
    this.#mimeType = mimeType;
    const useCode = (code: string) =>
      insertBelow(notebooks, this, code) ? trans.__("A cell below holds them.") : undefined;
    const kernelOf = (view: string): Kernel => {
      let link: ViewLink | undefined;
      const ask = new Ask((heard, changed) => {
        link = new ViewLink(view, heard, changed);
        return link;
      });
      return {
        ask,
        connect: () => link?.connect(notebooks, this),
        dispose: () => link?.dispose(),
      };
    };
    this.#view = new EmbeddingView(this.node, { trans, useCode, kernelOf });
    this.#views = views;
    views.add(this.#view, this.node);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const payload = model.data[this.#mimeType];
    // A picture that follows its data changes nothing of what is drawn.
    if (this.#payload !== undefined && JSONExt.deepEqual(payload ?? null, this.#payload)) {
      this.#view.keep(model.data);
      return;
    }
    this.#payload = payload;
    this.#view.show(payload, model.data);
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
    this.#views.remove(this.#view);
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
