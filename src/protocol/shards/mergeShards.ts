import { checkOutput } from "../../anndata/write/results.js";
import { isZarrName } from "../../anndata/write/target.js";
import { interruption } from "../../host/interruption.js";
import { PartReader } from "../../store/partReader.js";
import { requireParts } from "../../store/partStates.js";
import { readPlan, requireSameFiles, requireVersion } from "../../store/plan.js";
import { CellkernelError } from "../../support/error.js";
import { checkReport } from "../annotate.js";
import { EMBEDDING } from "../applyRows.js";
import { notesOf, recordOf } from "../applyToFile.js";
import { isTable } from "../resultsSink.js";
import { sumOfTallies, type Task } from "../task.js";
import { transferReport } from "../transferReport.js";
import { versions } from "../versions.js";
import { type Merged, openTarget } from "./mergeTarget.js";
import { type OpenedBy, openPlanned } from "./openBy.js";
import { type Decided, MOST_H5AD, readingOf, type ShardPlan, STEPS } from "./plan.js";
import type { PartMeta } from "./runShard.js";
import { taskOf } from "./taskOf.js";

/** How parts become one file. */
export interface MergeOptions {
  /**
   * The `.h5ad` to write, up to a million cells, or a Zarr store where the name ends in `.zarr`: a copy of the cells' file with
   * the results. Of labels also a table of the cells, where it ends in `.csv` or `.parquet`.
   */
  out: string;
  /** Page to write besides, `.html`, of labels: see `annotate`. */
  report?: string;
  /** Called with the share of the cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** What `mergeShards` did. */
export interface MergedShards {
  /** The file that was written. */
  path: string;
  /** Number of cells. */
  cells: number;
  /** Cells of each label, most first. */
  labels: [label: string, cells: number][];
  /** What the reader must know. */
  notes: string[];
}

/**
 * Puts the parts of a plan together: writes the file that `annotate`, `embed` or `mapCells` would have written of all cells
 * at once, the same to the bit but for the date.
 *
 * @param planPath what `planShards` wrote
 * @param folder where the shards' parts are
 * @throws where a part is missing, doubled, damaged or of another plan (names each), or the cells' files or the model are
 *   others than when the plan was made
 * @example
 * await planShards("run", "cells.h5ad", { shards: 3, step: "embed", out: "embed.json" });
 * for (const shard of [0, 1, 2]) await embedShard("embed.json", shard, { out: "embedded_parts" });
 * const { cells } = await mergeShards("embed.json", "embedded_parts", { out: "embedded_by_shards.h5ad" });
 * cells; // → 700
 */
export async function mergeShards(
  planPath: string,
  folder: string,
  options: MergeOptions,
): Promise<MergedShards> {
  const { out, report } = options ?? {};
  if (!out)
    throw new CellkernelError(
      "option",
      'mergeShards needs a file to write: mergeShards("plan.json", "parts", { out: "labelled.h5ad" })',
      { option: "out" },
    );
  const plan = readPlan<Decided>(planPath, STEPS) as ShardPlan;
  requireVersion(plan, versions().cellkernel);
  checkForm(plan, out);
  if (report !== undefined) checkReport(report, out);
  requireSameFiles([...plan.files, ...plan.decided.beside]);
  const paths = requireParts(folder, plan, plan.step);
  const beside = plan.decided.beside.map(({ path }) => path);
  checkOutput({ sources: [planPath, ...paths, ...beside] }, out);
  const opened = await openPlanned(plan.step, plan.decided);
  const task = await taskOf(plan.step, opened, plan.decided, options.signal);
  const merged = await merge(plan, opened, task, paths, options);
  if (report !== undefined) (await transferReport(opened.run, out)).write(report);
  return { path: out, ...merged };
}

/** @throws where the file could not hold what is to be written */
function checkForm({ shards, step }: ShardPlan, out: string): void {
  const cells = shards[shards.length - 1][1];
  if (cells > MOST_H5AD && !isZarrName(out) && !isTable(out))
    throw new CellkernelError(
      "option",
      `${out} would hold ${cells} cells, and an .h5ad is written up to ${MOST_H5AD}: name a .zarr (--out)`,
      { option: "out", path: out },
    );
  if (step === "embed" && isTable(out))
    throw new CellkernelError(
      "option",
      `${out} holds no arrays: name an .h5ad or .zarr for embeddings (--out)`,
      { option: "out", path: out },
    );
}

async function merge(
  plan: ShardPlan,
  { run, notes: before }: OpenedBy,
  task: Task,
  paths: readonly string[],
  options: MergeOptions,
): Promise<Omit<MergedShards, "path">> {
  const { decided, shards } = plan;
  const signal = interruption(options.signal);
  const reading = readingOf(decided.reading);
  const metas = paths.map((path) => read(path, (reader): PartMeta => reader.meta()));
  const merged = {
    parts: metas.map(({ columns }) => columns),
    widths: { [EMBEDDING]: run.args.embsize, ...task.arrays },
    kinds: read(paths[0], (first) => kindsOf(first, metas[0])),
  };
  const cells = shards[shards.length - 1][1];
  const { target, close } = await openTarget(plan, task, options.out, merged);
  try {
    for (const [shard, path] of paths.entries()) {
      signal?.throwIfAborted();
      read(path, (reader) => target.take(reader, shard));
      options.onProgress?.(shards[shard][1] / cells);
    }
    await target.finish(signal);
    const notes = notesOf(run, reading, decided.int8, task, sumOfTallies(metas.map(({ tally }) => tally)));
    const labels = [...target.labels()].sort(([, a], [, b]) => b - a);
    target.close({ ...recordOf(run, reading, decided.options, notes), ...task.record() });
    return { cells, labels, notes: [...before, ...notes] };
  } catch (error) {
    target.abandon();
    throw error;
  } finally {
    close();
  }
}

/** What the arrays of a part's columns are like. */
function kindsOf(reader: PartReader, { columns }: PartMeta): Merged["kinds"] {
  return new Map(
    columns.map(({ name }) => {
      const like = reader.read(`obs/${name}`, 0, 0);
      return [name, { like, missing: reader.names.includes(`obs/${name}/missing`) }];
    }),
  );
}

function read<T>(path: string, work: (reader: PartReader) => T): T {
  const reader = PartReader.open(path);
  try {
    return work(reader);
  } finally {
    reader.close();
  }
}
