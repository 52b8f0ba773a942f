import { device, threads } from "./common.js";
import { type Options, type Resolved, toggle, whole } from "./setting.js";

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
} as const;

/** What a user may give. */
export type PredictionOptions = Options<typeof PREDICTION>;
/** The same after checks, with defaults. */
export type PredictionSettings = Resolved<typeof PREDICTION>;
