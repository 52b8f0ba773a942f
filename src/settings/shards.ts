import { ANNOTATION } from "./annotation.js";
import { MAPPING } from "./mapping.js";
import { NEW_CELLS, PREDICTION } from "./prediction.js";
import { SAMPLES } from "./samples.js";
import { choice, type Options, type Table, whole } from "./setting.js";

/** Options of the cutting of cells into shards. */
export const SHARDS = {
  shards: whole({ help: "shards that the cells are cut into (needed)" }),
  step: choice(["annotate", "embed", "map"], {
    help: "what is done to the cells: annotate, embed or map; default: annotate by a run, embed by a model that was never fine-tuned, map to an index",
  }),
} as const;

const { cellType, ...newCells } = NEW_CELLS;
const { report, ...annotation } = ANNOTATION;
const { k, vote, nprobe } = MAPPING;

/** Options that hold for all shards: those of the step. */
export const PLANNED = { ...PREDICTION, ...newCells, ...SAMPLES, ...annotation, k, vote, nprobe } as const;

/** Those of `PLANNED` that each step takes. */
export const PLANNED_OF: Record<"annotate" | "embed" | "map", Table> = {
  annotate: { ...PREDICTION, ...newCells, ...SAMPLES, ...annotation },
  embed: { ...PREDICTION, ...newCells, ...SAMPLES },
  map: { ...MAPPING, ...SAMPLES },
};

const { batchSize, threads } = PREDICTION;

/** Options of a shard of its own, which no number depends on. */
export const SHARD = {
  batchSize: { ...batchSize, default: undefined, help: `${batchSize.help}; default: the plan's` },
  threads: { ...threads, help: "CPU threads; default: the plan's, else all cores" },
} as const;

/** How cells are cut into shards. @interface */
export type ShardingOptions = Options<typeof SHARDS>;
/** What holds for all shards. @interface */
export type PlannedOptions = Options<typeof PLANNED>;
