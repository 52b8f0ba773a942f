import { AnnData } from "../anndata/anndata.js";
import type { Column } from "../anndata/columns.js";
import { takeCells } from "../anndata/edit/subset.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import { writeObsCsv } from "../anndata/write/csv.js";
import type { Writable } from "../anndata/write/element.js";
import { checkOutput, ResultsWriter } from "../anndata/write/results.js";
import { interruption } from "../host/interruption.js";
import type { CellOutputs } from "../predict/cells.js";
import type { CellChunk } from "../predict/session.js";
import { readBatches } from "../preprocess/labels.js";
import { NEW_CELLS, PREDICTION } from "../settings/prediction.js";
import { recordedHashes } from "../store/runFolder.js";
import { CellkernelError } from "../support/error.js";
import {
  batchCodes,
  INT8_SAMPLE,
  int8Note,
  type PredictOptions,
  predictionOf,
  withSession,
} from "./applyRun.js";
import { Replay, type ReplayOptions, type TokenChunk } from "./replay.js";
import type { Run } from "./run.js";
import { versions } from "./versions.js";

/** How a run is applied to a file. */
export interface ApplyOptions extends PredictOptions, Omit<ReplayOptions, "cellType">, SamplesOptions {
  /**
   * The `.h5ad` to write, or a Zarr store where the name ends in `.zarr`: a copy with the results; not the input itself. Of
   * labels also a table of the cells, where it ends in `.csv` or `.parquet`.
   */
  out: string;
}

/** The embeddings' name in `obsm`, and the record's in `uns`. */
const EMBEDDING = "X_scGPT";
const RECORD = "cellkernel";

/** What is kept of the model's outputs beside the embeddings. */
export interface Collector {
  /** Arrays for `obsm`, with their columns. */
  readonly arrays: Readonly<Record<string, number>>;
  /** @returns rows of each array, one a cell of the chunk */
  add(
    chunk: TokenChunk,
    outputs: CellOutputs,
  ): Record<string, Float32Array> | Promise<Record<string, Float32Array>>;
  /** Called when all cells are in. */
  finish?(signal?: AbortSignal): Promise<void>;
  /** Columns for `obs`, one value a cell of the file; their names are the same before the first cell. */
  columns(): Map<string, Column>;
  /** What the reader must know of them. */
  notes(): string[];
  /** What the record says of it. */
  record(): Record<string, Writable>;
}

/** Where the results go. */
interface Sink {
  append(name: string, values: Float32Array): void;
  close(results: { obs: Map<string, Column>; uns: Record<string, Writable> }): void;
  abandon(): void;
}

/**
 * Applies a run to the cells of a file, or of several or a folder of them (see `readSamples`), prepared as the run's own were, and writes a copy of the file with the embeddings
 * in `obsm["X_scGPT"]`, what is collected in `obs`, and in `uns["cellkernel"]` what it was done by. Cells are read, predicted
 * and written some at a time: memory does not grow with their number.
 * @returns what the reader must know
 */
export async function applyToFile(
  run: Run,
  cells: AnnData | string | readonly string[],
  options: ApplyOptions,
  collect: (replay: Replay) => Collector,
): Promise<string[]> {
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    checkOutput(adata, options.out);
    checkEnding(options.out);
    const replay = new Replay(run, adata, options);
    const collector = collect(replay);
    const planned = {
      obs: [...collector.columns().keys()],
      obsm: { [EMBEDDING]: run.args.embsize, ...collector.arrays },
      uns: [RECORD],
    };
    const writer: Sink = isTable(options.out)
      ? await tableSink(adata, options.out)
      : await ResultsWriter.open(adata, options.out, planned);
    try {
      await predictChunks(run, replay, collector, writer, options);
      await collector.finish?.(interruption(options.signal));
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const unlike = "the model learnt from no such cells, trust what it says of them less";
    const notes = [...replay.notes, ...replay.outsideNotes(unlike)];
    const said = collector.notes();
    // A warning stands before everything else.
    notes.unshift(...said.filter((note) => note.startsWith("WARNING")));
    notes.push(...said.filter((note) => !note.startsWith("WARNING")));
    const made = { ...record(run, replay, options, notes), ...collector.record() };
    writer.close({ obs: collector.columns(), uns: { [RECORD]: made } });
    return notes;
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** Predicts the file's cells one chunk after the other. */
async function predictChunks(
  run: Run,
  replay: Replay,
  collector: Collector,
  writer: Sink,
  options: ApplyOptions,
): Promise<void> {
  const { cells } = replay;
  const signal = interruption(options.signal);
  const spec = predictionOf(run, replay.genes, options);
  const batches = batchesOf(run, cells, options.batch);
  const asChunk = ({ tokens, rows }: TokenChunk): CellChunk => ({
    tokens,
    cells: Int32Array.from({ length: tokens.cells }, (_, cell) => cell),
    batchLabels: batches && rows.map((row) => batches[row]),
  });
  await withSession(spec, async (session) => {
    for (const chunk of replay.chunks(false)) {
      const outputs = await session.predict(asChunk(chunk), {
        signal,
        onProgress: (done) => options.onProgress?.((chunk.rows[0] + done) / cells.nObs),
      });
      writer.append(EMBEDDING, outputs.embeddings);
      for (const [name, values] of Object.entries(await collector.add(chunk, outputs)))
        writer.append(name, values);
    }
  });
  if (spec.int8) replay.notes.push(await int8Note(spec, asChunk(sampleOf(run, cells, options)), signal));
  options.onProgress?.(1);
}

/** Some cells, spread over the file. */
function sampleOf(run: Run, cells: AnnData, options: ReplayOptions): TokenChunk {
  const count = Math.min(INT8_SAMPLE, cells.nObs);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * cells.nObs) / count));
  const [chunk] = new Replay(run, takeCells(cells, rows), options).chunks(false);
  return { ...chunk, rows: chunk.rows.map((i) => rows[i]) };
}

/** Int32 [cells of the file]: batch of each, where the model uses it. */
export function batchesOf(
  run: Run,
  cells: AnnData,
  column = run.parts.preparation.batch,
): Int32Array | undefined {
  const names = run.parts.batches;
  if (!names) return undefined;
  const all = new Uint8Array(cells.nObs).fill(1);
  const batches = column === undefined ? undefined : readBatches(cells, column, all, []);
  return batchCodes(names, batches, (cell) => cells.obsNames[cell]);
}

/** Whether a table of the cells is asked for. */
export function isTable(path: string): boolean {
  return /\.(csv|parquet)$/i.test(path);
}

/** Tables of other forms, whose name an HDF5 file must not have. */
const OTHER_TABLE = /\.(tsv|txt|xlsx?|feather|rds|loom|mtx)$/i;

function checkEnding(path: string): void {
  const ending = OTHER_TABLE.exec(path)?.[0];
  if (ending !== undefined)
    throw new CellkernelError(
      "option",
      `${path} ends in ${ending}, which is not written; expected .h5ad, .zarr or, of labels, .csv or .parquet`,
      { option: "out", path },
    );
}

/** A table of the cells: of arrays it takes none. */
async function tableSink(adata: AnnData, path: string): Promise<Sink> {
  // Few write Parquet: its package is loaded by those who do.
  const write = /\.csv$/i.test(path)
    ? writeObsCsv
    : (await import("../anndata/write/parquet.js")).writeObsParquet;
  return { append: () => {}, close: ({ obs }) => write(adata, path, obs), abandon: () => {} };
}

/** What the file says of how it was made. */
function record(run: Run, replay: Replay, options: ApplyOptions, notes: string[]) {
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
    genes_found: replay.genes.length,
    few_genes_accepted: fewGenes,
    matrix: replay.matrix,
    species: replay.species ?? "the model's",
    notes: notes.length > 0 ? notes : ["none"],
  };
}
