import type { AnnData } from "../../anndata/anndata.js";
import type { Categorical } from "../../anndata/columns.js";
import { joinSamples } from "../../anndata/formats/readSamples.js";
import { isZarrName } from "../../anndata/write/target.js";
import { interruption } from "../../host/interruption.js";
import { PartReader } from "../../store/partReader.js";
import { requireParts } from "../../store/partStates.js";
import { readPlan, requireSameFiles, requireVersion } from "../../store/plan.js";
import { CellkernelError } from "../../support/error.js";
import { checkReport } from "../annotate.js";
import { EMBEDDING } from "../applyRows.js";
import { notesOf, RECORD, recordOf } from "../applyToFile.js";
import { checkResults, isTable, openResults, type ResultsSink } from "../resultsSink.js";
import { sumOfTallies, type Task, type Together } from "../task.js";
import { transferReport } from "../transferReport.js";
import { versions } from "../versions.js";
import { MergedColumns } from "./mergedColumns.js";
import { type OpenedBy, openPlanned } from "./openBy.js";
import { type Decided, readingOf, type ShardPlan, STEPS } from "./plan.js";
import type { PartMeta } from "./runShard.js";
import { taskOf } from "./taskOf.js";

/** Cells of an `.h5ad` at most: more are better off in a Zarr store, which is read and written in pieces. */
const MOST_H5AD = 1_000_000;
/** Numbers of an array that are read at once. */
const AT_ONCE = 2 ** 20;

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
  const opened = await openPlanned(plan.step, plan.decided);
  const { cells } = await joinSamples(plan.files, plan.decided.options, plan.decided.path);
  try {
    checkResults(cells, out);
    const task = await taskOf(plan.step, opened, plan.decided, options.signal);
    const merged = await merge(plan, opened, task, paths, cells, options);
    if (report !== undefined) (await transferReport(opened.run, out)).write(report);
    return { path: out, cells: cells.nObs, ...merged };
  } finally {
    cells.close();
  }
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
  { decided, shards }: ShardPlan,
  { run, notes: before }: OpenedBy,
  task: Task,
  paths: readonly string[],
  cells: AnnData,
  options: MergeOptions,
): Promise<Pick<MergedShards, "labels" | "notes">> {
  const signal = interruption(options.signal);
  const reading = readingOf(decided.reading);
  const metas = paths.map((path) => read(path, (reader): PartMeta => reader.meta()));
  const columns = new MergedColumns(
    metas.map((meta) => meta.columns),
    cells.nObs,
  );
  const together = task.together?.(cells);
  const widths = { [EMBEDDING]: run.args.embsize, ...task.arrays };
  const sink = await openResults(cells, options.out, {
    obs: [...metas[0].columns.map(({ name }) => name), ...(together?.columns().keys() ?? [])],
    ...{ obsm: widths, uns: [RECORD] },
  });
  try {
    for (const [shard, path] of paths.entries()) {
      signal?.throwIfAborted();
      read(path, (reader) => {
        columns.add(reader, shard);
        for (const name of Object.keys(widths)) append(sink, reader, name);
        if (together) feed(together, reader, task.labels!);
      });
      options.onProgress?.(shards[shard][1] / cells.nObs);
    }
    await together?.finish(signal);
    const notes = notesOf(run, reading, decided.int8, task, sumOfTallies(metas.map(({ tally }) => tally)));
    const obs = columns.columns();
    sink.close({
      obs: new Map([...obs, ...(together?.columns() ?? [])]),
      uns: { [RECORD]: { ...recordOf(run, reading, decided.options, notes), ...task.record() } },
    });
    const labels = task.labels === undefined ? [] : countsOf(obs.get(task.labels) as Categorical);
    return { labels, notes: [...before, ...notes] };
  } catch (error) {
    sink.abandon();
    throw error;
  }
}

function read<T>(path: string, work: (reader: PartReader) => T): T {
  const reader = PartReader.open(path);
  try {
    return work(reader);
  } finally {
    reader.close();
  }
}

/** Rows of an array of a part, some at a time. */
function* slices(reader: PartReader, name: string): Iterable<[start: number, end: number]> {
  const [rows, width = 1] = reader.shape(name);
  const step = Math.max(1, Math.floor(AT_ONCE / width));
  for (let start = 0; start < rows; start += step) yield [start, Math.min(rows, start + step)];
}

function append(sink: ResultsSink, reader: PartReader, array: string): void {
  const name = `obsm/${array}`;
  for (const [start, end] of slices(reader, name))
    sink.append(array, reader.read(name, start, end) as Float32Array);
}

function feed(together: Together, reader: PartReader, labels: string): void {
  const name = `obsm/${EMBEDDING}`;
  for (const [start, end] of slices(reader, name))
    together.add(
      reader.rows[0] + start,
      reader.read(`obs/${labels}`, start, end) as Int32Array,
      reader.read(name, start, end) as Float32Array,
    );
}

/** Cells of each label, most first. */
function countsOf({ codes, categories }: Categorical): [string, number][] {
  const counts = new Map<string, number>();
  const cells = new Int32Array(categories.length);
  for (const code of codes) if (code >= 0) cells[code]++;
  categories.forEach((name, code) => {
    if (cells[code] > 0) counts.set(String(name), cells[code]);
  });
  return [...counts].sort((a, b) => b[1] - a[1]);
}
