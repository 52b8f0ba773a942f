/** A page of the reference. */
export interface Topic {
  /** Name of its file. */
  name: string;
  title: string;
  /** What it is about. */
  about: string;
  /** Where its exports are declared: files and folders below `src/`. Where several fit, the longest counts. */
  from: readonly string[];
}

/** The pages, in the order in which a notebook needs them. */
export const TOPICS: readonly Topic[] = [
  {
    name: "read",
    title: "Read and write cells",
    about:
      "Files of cells in and out (`.h5ad`, Zarr, 10x, Matrix Market, CSV), what they hold, and views of parts of them.",
    from: ["anndata/", "protocol/simulate.ts", "settings/simulation.ts"],
  },
  {
    name: "preprocess",
    title: "Prepare cells",
    about:
      "From counts to tokens: the step `preprocess`, scanpy's functions that it is made of, and pictures of what it did.",
    from: [
      ...["preprocess/", "tokenize/", "protocol/preprocess.ts", "protocol/preprocessOptions.ts"],
      ...[
        "protocol/preparedViews.ts",
        "settings/preparation.ts",
        "store/prepared.ts",
        "store/preparedFolder.ts",
      ],
    ],
  },
  {
    name: "model",
    title: "Models",
    about: "Models in, ready to be fine-tuned, and fine-tuned ones out, for other programs.",
    from: [
      ...["model/", "checkpoint/", "tokenize/vocabulary.ts", "protocol/model.ts", "protocol/exportModel.ts"],
      ...["settings/model.ts", "settings/export.ts"],
    ],
  },
  {
    name: "train",
    title: "Train",
    about: "Fine-tuning, several at once, resuming, pretraining, and the runs that come of it.",
    from: [
      ...[
        "train/",
        "protocol/crossValidate.ts",
        "protocol/ensemble.ts",
        "protocol/finetune.ts",
        "protocol/forecast.ts",
      ],
      ...[
        "protocol/interruptedRun.ts",
        "protocol/pretrain.ts",
        "protocol/pretrained.ts",
        "protocol/publishedRun.ts",
      ],
      ...["protocol/resume.ts", "protocol/resumeTraining.ts", "protocol/run.ts", "protocol/splitCells.ts"],
      ...[
        "protocol/tracker.ts",
        "protocol/trainArgs.ts",
        "protocol/trainings.ts",
        "protocol/visibleTraining.ts",
      ],
      ...[
        "settings/freeze.ts",
        "settings/pretraining.ts",
        "settings/ranks.ts",
        "settings/series.ts",
        "settings/training.ts",
      ],
      ...["store/pretrainedFolder.ts", "store/reference.ts", "store/runParts.ts"],
    ],
  },
  {
    name: "evaluate",
    title: "Evaluate",
    about: "How good a run is: the step `evaluate`, its figures one by one, baselines and projections.",
    from: [
      ...["evaluate/", "protocol/calibrateEnsemble.ts", "protocol/evaluate.ts", "protocol/opinion.ts"],
      ...[
        "protocol/report.ts",
        "protocol/reportCells.ts",
        "protocol/secondOpinion.ts",
        "protocol/trustFigures.ts",
      ],
    ],
  },
  {
    name: "explore",
    title: "Explore cells",
    about: "Maps of cells whose selection, colours and labels page and code share.",
    from: ["protocol/explore/"],
  },
  {
    name: "annotate",
    title: "Annotate new cells",
    about: "Labels, embeddings and their reasons for cells of other files, by a run.",
    from: [
      ...["protocol/annotate.ts", "protocol/applyRun.ts", "protocol/applyToFile.ts", "protocol/embed.ts"],
      ...[
        "protocol/explain.ts",
        "protocol/explanation.ts",
        "protocol/labelledFile.ts",
        "protocol/reading.ts",
        "protocol/replay.ts",
      ],
      ...["protocol/transferReport.ts", "evaluate/wilcoxon.ts"],
      ...["settings/annotation.ts", "settings/explanation.ts", "settings/prediction.ts"],
    ],
  },
  {
    name: "map",
    title: "Map without training",
    about: "Labels by the nearest cells of a labelled reference.",
    from: [
      ...["protocol/cellReference.ts", "protocol/embedder.ts", "protocol/indexCells.ts"],
      "protocol/mapCells.ts",
      ...["protocol/publishedIndex.ts", "reference/", "settings/mapping.ts", "store/indexFolder.ts"],
    ],
  },
  {
    name: "shards",
    title: "Shards",
    about:
      "Labels, embeddings, mapping and preparation of many cells on many machines: a plan, its shards, and their parts put together.",
    from: [
      "protocol/shards/",
      "protocol/rounds/",
      "protocol/preprocessFile.ts",
      "protocol/task.ts",
      "settings/shards.ts",
    ],
  },
  {
    name: "views",
    title: "Views",
    about:
      "Pictures and tables as MIME bundles: live in JupyterLab with the extension, a picture and text elsewhere.",
    from: ["views/"],
  },
  {
    name: "host",
    title: "Notebook, errors, options",
    about: "What a notebook lends the library, how mistakes are told, and what all options have in common.",
    from: ["host/", "support/", "settings/setting.ts"],
  },
];
