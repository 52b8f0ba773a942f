import type { PlannedOptions } from "../../settings/shards.js";
import type { Plan, PlannedFile } from "../../store/plan.js";
import type { ReadOptions } from "../applyToFile.js";
import type { EmbedderRecipe } from "../embedder.js";
import type { PublishedRunOptions } from "../publishedRun.js";
import type { Reading } from "../reading.js";
import type { ShardStep } from "../task.js";

/** The run, model or index that a plan is for. */
export interface PlannedBy {
  /** Its absolute path. */
  folder: string;
  /** What was said of it that its folder lacks. */
  given: PublishedRunOptions;
  /** The model that an index was made with, where that was said. */
  model?: string;
  /** By which its content is recognised. */
  identity: string;
  /** How cells are prepared for a model that was never fine-tuned. */
  trained?: EmbedderRecipe;
}

/** A `Reading` in plain JSON. */
export type PlannedReading = Omit<Reading, "columns" | "merged" | "target" | "texts"> & {
  columns?: number[];
  merged?: number[];
  target: number[];
};

/** What is decided for all shards. */
export interface Decided {
  by: PlannedBy;
  /** How messages name the cells' files. */
  path: string;
  /** The options that were given. */
  options: PlannedOptions & Pick<ReadOptions, "maxSeqLen">;
  reading: PlannedReading;
  /** The columns of `obs` that a shard reads. */
  columns: string[];
  /** [columns of the matrix] names, as all files together have them. */
  varNames: string[];
  /** Whether cells of several files have the same names, so that the files' labels are added to them. */
  renamed: boolean;
  /** What else is read: the file of the hierarchy. */
  beside: Pick<PlannedFile, "path" | "fingerprint">[];
  /** Whether clusters are made of the embeddings. */
  own: boolean;
  /** Distance to the nearest cells that is usual in an index. */
  usual?: number;
  /** What 8-bit integers change. */
  int8: string[];
}

/** A plan of what this folder does. */
export type ShardPlan = Plan<Decided> & { step: ShardStep };

/** Cells of an `.h5ad` at most: more are better off in a Zarr store, which is read and written in pieces. */
export const MOST_H5AD = 1_000_000;

/** Steps whose plans are read here. */
export const STEPS: readonly ShardStep[] = ["annotate", "embed", "map"];

export function plannedReading({ texts, ...reading }: Reading): PlannedReading {
  const list = (array: Int32Array | undefined) => array && Array.from(array);
  const { columns, merged, target } = reading;
  return { ...reading, columns: list(columns), merged: list(merged), target: Array.from(target) };
}

export function readingOf({ columns, merged, target, ...reading }: PlannedReading): Reading {
  const array = (list: number[] | undefined) => list && Int32Array.from(list);
  return { ...reading, columns: array(columns), merged: array(merged), target: Int32Array.from(target) };
}
