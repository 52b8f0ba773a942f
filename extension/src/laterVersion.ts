import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { instead } from "./instead.js";
import type { Words } from "./words.js";

/** Shows the picture of a view that a later version of the library has made. */
export class LaterVersionRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #trans: Words;

  constructor(trans: Words) {
    super();
    this.#trans = trans;
    this.addClass("cellkernel-view");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const why = this.#trans.__(
      "A later version of Cellkernel made this view; this is its picture. Update the JupyterLab extension for the rest.",
    );
    this.node.replaceChildren(instead(model.data, why));
  }
}
