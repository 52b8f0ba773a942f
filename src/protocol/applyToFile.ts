import { AnnData } from "../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import type { Writable } from "../anndata/write/element.js";
import type { PlannedResults } from "../anndata/write/results.js";
import { interruption } from "../host/interruption.js";
import { NEW_CELLS, PREDICTION } from "../settings/prediction.js";
import { recordedHashes } from "../store/runFolder.js";
import { applyRows, EMBEDDING, int8Notes } from "./applyRows.js";
import { type PredictOptions, predictionOf, withSession } from "./applyRun.js";
import { labelOf } from "./matrixName.js";
import type { Reading, ReplayOptions } from "./reading.js";
import { outsideNotes, Replay } from "./replay.js";
import { checkResults, openResults } from "./resultsSink.js";
import type { Run } from "./run.js";
import type { Collector, Tally, Task, Together } from "./task.js";
import { versions } from "./versions.js";

/** How a run is applied to a file. */
export interface ApplyOptions extends PredictOptions, Omit<ReplayOptions, "cellType">, SamplesOptions {
  /**
   * The `.h5ad` to write, or a Zarr store where the name ends in `.zarr`: a copy with the results; not the input itself. Of
   * labels also a table of the cells, where it ends in `.csv` or `.parquet`.
   */
  out: string;
}

/** How cells are read and a run is applied to them, wherever the results go. */
export type ReadOptions = Omit<ApplyOptions, "out">;

/** The record's name in `uns`. */
export const RECORD = "cellkernel";

/**
 * Applies a run to the cells of a file, or of several or a folder of them (see `readSamples`), prepared as the run's own were, and writes a copy of the file with the embeddings
 * in `obsm["X_scGPT"]`, what is collected in `obs`, and in `uns["cellkernel"]` what it was done by. Cells are read, predicted
 * and written some at a time: memory does not grow with their number.
 * @param taskOf what the cells are given
 * @returns what the reader must know, and the label of each cell
 */
export async function applyToFile(
  run: Run,
  cells: AnnData | string | readonly string[],
  options: ApplyOptions,
  taskOf: (cells: AnnData) => Task,
): Promise<{ notes: string[]; codes: Int32Array }> {
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    checkResults(adata, options.out);
    const replay = Replay.of(run, adata, options);
    const task = taskOf(adata);
    const collector = task.collect(adata);
    const together = task.together?.(adata);
    const sink = await openResults(adata, options.out, plannedResults(run, task, collector, together));
    try {
      const take = (first: number, arrays: Record<string, Float32Array>) => {
        for (const [name, values] of Object.entries(arrays)) sink.append(name, values);
        const embeddings = arrays[EMBEDDING];
        const end = first + embeddings.length / run.args.embsize;
        together?.add(first, collector.codes.subarray(first, end), embeddings);
      };
      const tally = await withSession(predictionOf(run, replay.genes, options), (session) =>
        applyRows(run, session, replay, collector, options, take),
      );
      const int8 = await int8Notes(run, adata, replay.reading, options);
      options.onProgress?.(1);
      await together?.finish(interruption(options.signal));
      const notes = notesOf(run, replay.reading, int8, task, tally);
      sink.close({
        obs: new Map([...collector.columns(), ...(together?.columns() ?? [])]),
        uns: { [RECORD]: { ...recordOf(run, replay.reading, options, notes), ...task.record() } },
      });
      return { notes, codes: collector.codes };
    } catch (error) {
      sink.abandon();
      throw error;
    }
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** The names of the results that will come. */
export function plannedResults(
  run: Run,
  { arrays }: Task,
  collector: Collector,
  together: Together | undefined,
): PlannedResults {
  return {
    obs: [...collector.columns().keys(), ...(together?.columns().keys() ?? [])],
    obsm: { [EMBEDDING]: run.args.embsize, ...arrays },
    uns: [RECORD],
  };
}

/** All that the reader must know. */
export function notesOf(
  run: Run,
  reading: Reading,
  int8: readonly string[],
  task: Task,
  tally: Tally,
): string[] {
  const unlike = "the model learnt from no such cells, trust what it says of them less";
  const said = task.notes(tally);
  const warns = (note: string) => note.startsWith("WARNING");
  // A warning stands before everything else.
  return [
    ...said.filter(warns),
    ...reading.notes,
    ...int8,
    ...outsideNotes(run, tally.counts.outside, unlike),
    ...said.filter((note) => !warns(note)),
  ];
}

/** What a file says of how it was made. */
export function recordOf(
  run: Run,
  reading: Reading,
  options: ReadOptions,
  notes: readonly string[],
): Record<string, Writable> {
  const { fewGenes = false } = options;
  const { training, made, folder, parts } = run;
  // Their defaults depend on what is there: what was not given is left out.
  const given = Object.entries({ ...PREDICTION, ...NEW_CELLS }).flatMap(([name]) => {
    const value = (options as unknown as Record<string, Writable | undefined>)[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    run: run.name,
    run_id: training.run,
    run_cells: parts.cells.content,
    run_hashes: folder === undefined ? {} : recordedHashes(folder, training.run),
    model_sha256: made.model.sha256 ?? "none: it was started at random",
    version: versions().cellkernel,
    onnxruntime: versions().onnxruntime,
    options: Object.fromEntries(given),
    date: new Date().toISOString(),
    genes_of_run: run.genes.length,
    genes_found: reading.genes.length,
    few_genes_accepted: fewGenes,
    matrix: labelOf(reading),
    species: reading.species ?? "the model's",
    notes: notes.length > 0 ? [...notes] : ["none"],
  };
}
