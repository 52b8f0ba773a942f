import { ANNOTATION, HIERARCHY } from "./annotation.js";
import { EXPLANATION } from "./explanation.js";
import { EXPORT } from "./export.js";
import { INDEX, MAPPING } from "./mapping.js";
import { MODEL, PUBLISHED_RUN } from "./model.js";
import { NEW_CELLS, PREDICTION } from "./prediction.js";
import { PREPARATION } from "./preparation.js";
import { PRETRAINING } from "./pretraining.js";
import { RANKS } from "./ranks.js";
import { SAMPLES } from "./samples.js";
import { SERIES } from "./series.js";
import type { Table } from "./setting.js";
import { SHARD, SHARDS } from "./shards.js";
import { SIMULATION } from "./simulation.js";
import { TRAINING } from "./training.js";
import { TRANSFER } from "./transfer.js";

/** The options of every step, by the function that takes them. */
export const STEPS: Record<string, Table> = {
  openModel: MODEL,
  readSamples: SAMPLES,
  preprocess: PREPARATION,
  finetune: TRAINING,
  pretrain: PRETRAINING,
  "finetune, resume and pretrain, of several processes": RANKS,
  "crossValidate, beside those of finetune": SERIES,
  "loadRun, of a folder of the published code": PUBLISHED_RUN,
  "evaluate, annotate, embed": { ...PREDICTION, ...NEW_CELLS },
  evaluate: HIERARCHY,
  annotate: ANNOTATION,
  buildIndex: INDEX,
  mapCells: MAPPING,
  "planShards, beside those of the step": SHARDS,
  "annotateShard, embedShard, mapShard": SHARD,
  explain: EXPLANATION,
  transferReport: TRANSFER,
  exportModel: EXPORT,
  simulate: SIMULATION,
};
