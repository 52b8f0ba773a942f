import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import {
  EMBEDDING_MIME,
  EVALUATION_MIME,
  laterVersions,
  PLOT_MIME,
  TRAINING_MIME,
} from "../../src/views/contract.js";
import { addCommands } from "./embedding/commands.js";
import { EmbeddingRenderer } from "./embedding/renderer.js";
import { ShownViews } from "./embedding/views.js";
import { EvaluationRenderer } from "./evaluation/renderer.js";
import { jumpTo } from "./kernel.js";
import { LaterVersionRenderer } from "./laterVersion.js";
import { launcher } from "./launcher/plugin.js";
import { PlotRenderer } from "./plot/renderer.js";
import { followSettings } from "./settings.js";
import { LiveRuns } from "./training/liveRuns.js";
import { TrainingRenderer } from "./training/renderer.js";
import { TrainingStatus } from "./training/statusItem.js";

/** Before every standard renderer: the same bundles also hold a picture, Vega-Lite and text. */
const RANK = 0;

/** Draws cells on a plane. */
const embedding: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:embedding",
  description: "Renders embeddings of cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator, ICommandPalette, ISettingRegistry],
  activate: async (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    const views = new ShownViews();
    addCommands(app, palette, trans, views);
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [EMBEDDING_MIME],
        createRenderer: ({ mimeType }) => new EmbeddingRenderer(mimeType, trans, notebooks, views),
      },
      RANK,
    );
    await followSettings(settings, embedding.id, ["classNames", "movingCells", "palette"]);
  },
};

/** Shows what an evaluation found. */
const evaluation: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:evaluation",
  description: "Renders evaluations: figures, confusion matrix, mistakes.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [EVALUATION_MIME],
        createRenderer: ({ mimeType }) => new EvaluationRenderer(mimeType, trans),
      },
      RANK,
    );
  },
};

/** Fits the plots that JupyterLab's Vega draws into their places. */
const plot: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:plot",
  description: "Fits Cellkernel's plots into the output's width.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [PLOT_MIME],
        createRenderer: ({ mimeType }) => new PlotRenderer(mimeType, rendermime, trans),
      },
      RANK,
    );
  },
};

/** Shows what later versions made: after our own types, before the standard ones. */
const later: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:later",
  description: "Shows the pictures of views that later versions have made.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [EMBEDDING_MIME, EVALUATION_MIME, PLOT_MIME, TRAINING_MIME].flatMap(laterVersions),
        createRenderer: () => new LaterVersionRenderer(trans),
      },
      RANK + 1,
    );
  },
};

/** Draws learning curves, and carries orders to the training in the notebook's kernel. */
const training: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:training",
  description: "Renders learning curves while training runs.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, IStatusBar, ITranslator, ICommandPalette, ISettingRegistry],
  activate: async (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    const runs = new LiveRuns();
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [TRAINING_MIME],
        createRenderer: ({ mimeType }) => new TrainingRenderer(mimeType, { trans, notebooks, runs }),
      },
      RANK,
    );
    statusBar?.registerStatusItem("@cellkernel/jupyterlab:training", {
      item: new TrainingStatus(runs, trans, (view) => jumpTo(app, notebooks, view)),
      align: "left",
      rank: 100,
      isActive: () => runs.latest !== undefined,
      activeStateChanged: runs.changed,
    });
    const command = "cellkernel:jump-to-training";
    app.commands.addCommand(command, {
      label: trans.__("Jump to the Training"),
      isEnabled: () => runs.latest !== undefined,
      execute: () => runs.latest && jumpTo(app, notebooks, runs.latest.view),
    });
    palette?.addItem({ command, category: "Cellkernel" });
    await followSettings(settings, training.id, ["redrawSeconds"]);
  },
};

export default [embedding, evaluation, later, plot, training, launcher];
