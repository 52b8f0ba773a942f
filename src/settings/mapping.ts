import { NEW_CELLS, PREDICTION } from "./prediction.js";
import { choice, type Options, text, whole } from "./setting.js";

const { batchSize, device, threads, fewGenes } = PREDICTION;
const { cellType, ...newCells } = NEW_CELLS;

/** Options of the making of an index of labelled cells. */
export const INDEX = {
  labelColumn: text({ value: "COLUMN", help: "obs column of the labels (needed)" }),
  maxSeqLen: whole({
    least: 2,
    default: 1200,
    help: "tokens a cell at most, of the index's cells and of those that are mapped to it; of longer ones genes are drawn at random",
    unit: "tokens",
  }),
  ...{ batchSize, device, threads, fewGenes, ...newCells },
} as const;

/** Options of the mapping of cells to an index. */
export const MAPPING = {
  k: whole({ help: "neighbours that vote; default: 50, or all cells of a smaller index", unit: "cells" }),
  vote: choice(["majority", "distance", "share"], {
    default: "majority",
    help: "majority (one vote each), distance (each counts by 1 / distance) or share (votes by the label's share of the index, for rare types)",
  }),
  nprobe: whole({
    help: "lists that are looked through, of a published index (faiss); default: 16, 32, 64 or 128, by their number",
    unit: "lists",
  }),
  ...{ batchSize, device, threads, fewGenes, ...newCells },
} as const;

/** What a user may give to `buildIndex`. @interface */
export type IndexingOptions = Options<typeof INDEX>;
/** What a user may give to `mapCells`. @interface */
export type MappingOptions = Options<typeof MAPPING>;
