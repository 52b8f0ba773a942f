import { existsSync } from "node:fs";
import { resolve as absolute } from "node:path";
import type { AnnData } from "../../anndata/anndata.js";
import { Categorical } from "../../anndata/columns.js";
import { joinSamples, nameOf } from "../../anndata/formats/readSamples.js";
import { samplesOf } from "../../anndata/formats/samples.js";
import { toColumn } from "../../anndata/infer.js";
import { checkOutput } from "../../anndata/write/results.js";
import { rowsOfChunk } from "../../anndata/zarr/output.js";
import { interruption } from "../../host/interruption.js";
import { FIGURE_COLUMNS } from "../../preprocess/quality.js";
import { PUBLISHED_RUN } from "../../settings/model.js";
import { flagOf, resolve } from "../../settings/setting.js";
import {
  PLANNED,
  PLANNED_OF,
  type PlannedOptions,
  SHARDS,
  type ShardingOptions,
} from "../../settings/shards.js";
import { fingerprintOf } from "../../store/fingerprint.js";
import { shardRows, withId, writePlan } from "../../store/plan.js";
import { CellkernelError } from "../../support/error.js";
import { checkWritable } from "../../support/temporaryFile.js";
import { batchesOf, int8Notes } from "../applyRows.js";
import { MapTask } from "../mapTask.js";
import { isOwnClustering } from "../ownClusters.js";
import type { PublishedRunOptions } from "../publishedRun.js";
import { decideReading, type Reading } from "../reading.js";
import type { Run } from "../run.js";
import type { ShardStep } from "../task.js";
import { versions } from "../versions.js";
import { type OpenedBy, openBy, stepOf } from "./openBy.js";
import { type Decided, MOST_H5AD, plannedReading } from "./plan.js";
import { taskOf } from "./taskOf.js";

/** How cells are cut into shards, and what is done to them. */
export interface PlanShardsOptions extends ShardingOptions, PlannedOptions, PublishedRunOptions {
  /** The plan to write, JSON. */
  out: string;
  /** The model or run that an index was made with, where that is no more where it was. */
  model?: string;
  /** Ends the work early. */
  signal?: AbortSignal;
}

/** What `planShards` decided. */
export interface PlannedShards {
  /** The plan that was written. */
  path: string;
  /** By which its parts are recognised. */
  id: string;
  /** What is done to the cells. */
  step: ShardStep;
  /** Number of cells. */
  cells: number;
  /** First row of each shard and the one after its last. */
  shards: [start: number, end: number][];
  /** What the reader must know. */
  notes: string[];
}

/**
 * Plans work on many cells that is done by shards, on many machines or one after the other: which rows each has, and all that is
 * decided by looking at the whole (the matrix, whether it holds counts, the genes, …), so that the shards together do what `annotate`,
 * `embed` or `mapCells` does, to the bit. The plan recognises the cells' files by `fingerprint`: sizes and pieces of the content. A change in
 * place that keeps a file's length and lies between the pieces is not seen.
 *
 * @param folder a run's, of a pretrained model (to embed), or of an index (to map)
 * @param cells a file or folder of cells, or several, as `readSamples` takes them
 * @param options what the step takes holds for all shards
 * @throws as the step does, and where an option is none of the step's
 * @example
 * await planShards("run", "cells.h5ad", { shards: 2, out: "plan.json" });
 * for (const shard of [0, 1]) await annotateShard("plan.json", shard, { out: "parts" });
 * await mergeShards("plan.json", "parts", { out: "labelled_by_shards.h5ad" });
 */
export async function planShards(
  folder: string,
  cells: string | readonly string[],
  options: PlanShardsOptions,
): Promise<PlannedShards> {
  const { shards, step = stepOf(folder) } = resolve(SHARDS, options);
  const { out } = options ?? {};
  if (!out || shards === undefined)
    throw new CellkernelError(
      "option",
      'a plan needs a file to write and a number of shards: planShards("run", "cells.h5ad", { shards: 8, out: "plan.json" })',
      { option: out ? "shards" : "out" },
    );
  checkWritable(out);
  const given = givenOf(step, options);
  const samples = samplesOf(cells);
  const { cells: adata, sizes, renamed } = await joinSamples(samples, given, nameOf(cells, samples));
  try {
    checkOutput(adata, out);
    if (samples.length > 1) requireWritable(adata);
    const by = {
      folder: absolute(folder),
      given: publishedOptions(options),
      model: options.model && absolute(options.model),
    };
    const { identity, trained, notes, ...opened } = await openBy(step, by, adata, given);
    const decided: Decided = {
      by: { ...by, identity, trained },
      ...{ path: adata.path, renamed },
      ...(await decide(step, opened, adata, given, interruption(options.signal))),
    };
    const plan = withId({
      ...{ step, version: versions().cellkernel, decided, shards: rowsOf(adata.nObs, shards, opened.run) },
      files: samples.map(({ path, label, prefix }, i) => ({
        ...{ path: absolute(path), prefix, label, cells: sizes[i], fingerprint: fingerprintOf(path) },
      })),
    });
    writePlan(out, plan);
    return {
      ...{ path: out, id: plan.id, step, cells: adata.nObs, shards: plan.shards },
      notes: [...notes, ...decided.reading.notes, ...decided.int8, ...columnwiseNotes(adata, decided)],
    };
  } finally {
    adata.close();
  }
}

/** Joined files may have made columns that no file holds: what merge would refuse is said before there are parts. */
function requireWritable({ obs }: AnnData): void {
  for (const name of obs.columnNames()) {
    const column = obs.column(name);
    if (column instanceof Categorical)
      toColumn(column.categories, `obs column "${name}" of the joined files`);
  }
}

/** Of more cells than an `.h5ad` is written of, the borders of shards are those of the chunks that embeddings are stored in. */
function rowsOf(cells: number, shards: number, { args }: Run): [number, number][] {
  return shardRows(cells, shards, cells > MOST_H5AD ? rowsOfChunk(4 * args.embsize) : 1);
}

/** Everything that is decided by looking at all cells. */
async function decide(
  step: ShardStep,
  opened: Pick<OpenedBy, "run" | "index">,
  cells: AnnData,
  given: PlannedOptions,
  signal: AbortSignal | undefined,
): Promise<Omit<Decided, "by" | "path" | "renamed">> {
  const { run, index } = opened;
  const options = index ? { ...given, maxSeqLen: index.maxSeqLen } : given;
  const reading = decideReading(run, cells, options);
  const own = step === "annotate" && isOwnClustering(cells, options.clusterBy);
  const task = await taskOf(step, opened, { options, own }, signal);
  // A wrong column is to be said before the long work.
  task.together?.(cells);
  batchesOf(run, cells, options.batch);
  return {
    beside: hierarchyFile(options.hierarchy),
    ...{ options, own, reading: plannedReading(reading), columns: columnsNeeded(run, options, reading) },
    usual: task instanceof MapTask ? task.usual : undefined,
    varNames: reading.name === "raw" ? cells.raw!.varNames : cells.varNames,
    int8: await int8Notes(run, cells, reading, { ...options, signal }),
  };
}

/** The file of a hierarchy, where it is one. */
function hierarchyFile(hierarchy: string | undefined): Decided["beside"] {
  if (hierarchy === undefined || !existsSync(hierarchy)) return [];
  return [{ path: absolute(hierarchy), fingerprint: fingerprintOf(hierarchy) }];
}

/** A matrix that lies by columns has no rows that could be read by themselves. */
function columnwiseNotes(cells: AnnData, { reading }: Decided): string[] {
  const { name } = reading;
  const matrix = name === "X" ? cells.X : name === "raw" ? cells.raw?.X : cells.layers.get(name.layer);
  if (matrix?.format !== "csc") return [];
  return [
    "The matrix is stored by columns (CSC): each shard reads all of it. Save it by rows first, in Python: adata.X = adata.X.tocsr().",
  ];
}

/** The columns of `obs` that cells are read with. */
function columnsNeeded(
  run: Run,
  { batch = run.parts.preparation.batch }: PlannedOptions,
  { limits }: Reading,
) {
  const batches = run.parts.batches && batch !== undefined ? [batch] : [];
  return [...batches, ...(limits.by === "obs" ? FIGURE_COLUMNS : [])];
}

/** The options of the step among those that were given. @throws where one is none of them, or has a wrong value */
function givenOf(step: ShardStep, options: PlanShardsOptions): PlannedOptions {
  const table = PLANNED_OF[step];
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(PLANNED, name) && value !== undefined,
  );
  const stray = given.find(([name]) => !Object.hasOwn(table, name))?.[0] as keyof typeof PLANNED | undefined;
  if (stray)
    throw new CellkernelError(
      "option",
      `the option ${stray} is none of ${step}'s (--${flagOf(stray, PLANNED[stray])}); leave it out`,
      { option: stray },
    );
  const wanted = Object.fromEntries(given) as PlannedOptions;
  resolve(table, wanted);
  return wanted;
}

function publishedOptions(options: PlanShardsOptions): PublishedRunOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(PUBLISHED_RUN, name)));
}
