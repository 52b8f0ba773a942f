import { device, threads } from "./common.js";
import { PREPARATION } from "./preparation.js";
import { READING } from "./reading.js";
import { type Options, toggle, whole } from "./setting.js";

/** Options of the application of a model to cells. */
export const PREDICTION = {
  batchSize: whole({ default: 32, help: "cells a batch", unit: "cells" }),
  maxSeqLen: whole({
    least: 2,
    help: "tokens a cell at most; default: the longest cell's, so that no gene is left out, whatever the training took",
    unit: "tokens",
  }),
  device,
  threads,
  int8: toggle({
    help: "the transformer's products in 8-bit integers: faster on the CPU, less exact; what that changes is measured on 200 cells and said",
  }),
  fewGenes: toggle({
    help: "goes on although a file has less than 20 % of the genes that the run was trained on; this is recorded",
  }),
} as const;

const { cellType, batch, matrix, values, geneColumn, species } = PREPARATION;

/**
 * What may be said of a new file, where it differs from that of the training. Everything else was decided when the run's
 * cells were prepared.
 */
export const NEW_CELLS = {
  cellType: { ...cellType, help: "obs column of the true types; default: that of the training" },
  batch: {
    ...batch,
    help: "obs column of batches, where the model uses them; default: that of the training",
  },
  matrix: { ...matrix, help: "X, raw or a layer; default: that of the training, where it holds the like" },
  values,
  geneColumn: {
    ...geneColumn,
    help: "var column of gene names; default: that of the training, else the best match",
  },
  species: { ...species, help: `${species.help}; default: that of the training` },
  ...READING,
} as const;

/** What a user may say of how a run is applied. @interface */
export type PredictionOptions = Options<typeof PREDICTION>;
/** What a user may say of new cells. @interface */
export type NewCellsOptions = Options<typeof NEW_CELLS>;
