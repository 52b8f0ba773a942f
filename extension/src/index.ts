import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { EMBEDDING_MIME, TRAINING_MIME } from "../../src/views/contract.js";
import { EmbeddingRenderer } from "./embedding/renderer.js";
import { kernelOf } from "./kernel.js";
import { TrainingRenderer } from "./training/renderer.js";

/** Before every standard renderer: the same bundles also hold a picture, Vega-Lite and text. */
const RANK = 0;

/** Draws cells on a plane. */
const embedding: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:embedding",
  description: "Renders embeddings of cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [EMBEDDING_MIME],
        createRenderer: ({ mimeType }) => new EmbeddingRenderer(mimeType, trans),
      },
      RANK,
    );
  },
};

/** Draws learning curves, and stops the training of the notebook's kernel on demand. */
const training: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:training",
  description: "Renders learning curves while training runs.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [TRAINING_MIME],
        createRenderer: ({ mimeType }) =>
          new TrainingRenderer(mimeType, trans, (node) => kernelOf(notebooks, node)),
      },
      RANK,
    );
  },
};

export default [embedding, training];
