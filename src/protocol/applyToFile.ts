import { AnnData } from "../anndata/anndata.js";
import type { Categorical } from "../anndata/columns.js";
import { takeCells } from "../anndata/edit/subset.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import { checkOutput, ResultsWriter } from "../anndata/write/results.js";
import { interruption } from "../host/interruption.js";
import type { CellChunk, PredictionSession } from "../predict/session.js";
import { readBatches } from "../preprocess/labels.js";
import {
  batchCodes,
  INT8_SAMPLE,
  int8Note,
  type PredictOptions,
  predictionOf,
  withSession,
} from "./applyRun.js";
import { leftOutNote, Replay, type ReplayOptions, type TokenChunk } from "./replay.js";
import type { Run } from "./run.js";

/** How a run is applied to a file. */
export interface ApplyOptions extends PredictOptions, Omit<ReplayOptions, "cellType">, SamplesOptions {
  /** The `.h5ad` to write, or a Zarr store where the name ends in `.zarr`: a copy with the results; not the input itself. */
  out: string;
}

/** The embeddings' name in `obsm`, and the record's in `uns`. */
const EMBEDDING = "X_scGPT";
const RECORD = "cellkernel";

/** What is kept of the model's outputs beside the embeddings. */
export interface Collector {
  /** @param logits Float32 [cells of the chunk × classes] */
  add(chunk: TokenChunk, logits: Float32Array): void;
  /** Columns for `obs`, one value a cell of the file; their names are the same before the first cell. */
  columns(): Map<string, Categorical | Float32Array>;
  /** What the reader must know of them. */
  notes(): string[];
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
    const replay = new Replay(run, adata, options);
    const collector = collect(replay);
    const planned = {
      obs: [...collector.columns().keys()],
      obsm: { [EMBEDDING]: run.args.embsize },
      uns: [RECORD],
    };
    const writer = await ResultsWriter.open(adata, options.out, planned);
    let seen = 0;
    try {
      seen = await predictChunks(run, replay, collector, writer, options);
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const notes = [...replay.notes];
    if (seen < adata.nObs)
      notes.push(leftOutNote(adata.nObs - seen, run.parts.preparation.filterCellByCounts));
    notes.push(...collector.notes());
    writer.close({ obs: collector.columns(), uns: { [RECORD]: record(run, replay, options, notes) } });
    return notes;
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** Predicts the file's cells one chunk after the other. @returns how many there were, without those left out */
async function predictChunks(
  run: Run,
  replay: Replay,
  collector: Collector,
  writer: ResultsWriter,
  options: ApplyOptions,
): Promise<number> {
  const { cells } = replay;
  const signal = interruption(options.signal);
  const spec = predictionOf(run, replay.genes, options);
  const batches = batchesOf(run, cells, options.batch);
  const asChunk = ({ tokens, rows }: TokenChunk): CellChunk => ({
    tokens,
    cells: Int32Array.from({ length: tokens.cells }, (_, cell) => cell),
    batchLabels: batches && rows.map((row) => batches[row]),
  });
  const width = run.args.embsize;
  let [written, seen] = [0, 0];
  const rowsUpTo = (end: number, chunk?: { rows: Int32Array; embeddings: Float32Array }) => {
    // Mostly no cell was left out, and there is nothing to be spread.
    const whole = chunk?.rows.length === end - written;
    const values = whole ? chunk.embeddings : new Float32Array((end - written) * width).fill(Number.NaN);
    if (!whole)
      chunk?.rows.forEach((row, i) => {
        values.set(chunk.embeddings.subarray(i * width, (i + 1) * width), (row - written) * width);
      });
    writer.append(EMBEDDING, values);
    written = end;
  };
  const take = async (session: PredictionSession, chunk: TokenChunk) => {
    const { rows } = chunk;
    if (rows.length === 0) return;
    const { logits, embeddings } = await session.predict(asChunk(chunk), {
      signal,
      onProgress: (done) => options.onProgress?.((rows[0] + done) / cells.nObs),
    });
    collector.add(chunk, logits);
    seen += rows.length;
    rowsUpTo(rows[rows.length - 1] + 1, { rows, embeddings });
  };
  await withSession(spec, async (session) => {
    for (const chunk of replay.chunks()) await take(session, chunk);
  });
  if (written < cells.nObs) rowsUpTo(cells.nObs);
  if (spec.int8) replay.notes.push(await int8Note(spec, asChunk(sampleOf(run, cells, options)), signal));
  options.onProgress?.(1);
  return seen;
}

/** Some cells, spread over the file. */
function sampleOf(run: Run, cells: AnnData, options: ReplayOptions): TokenChunk {
  const count = Math.min(INT8_SAMPLE, cells.nObs);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * cells.nObs) / count));
  const [chunk] = new Replay(run, takeCells(cells, rows), options).chunks();
  return { ...chunk, rows: chunk.rows.map((i) => rows[i]) };
}

/** Int32 [cells of the file]: batch of each, where the model uses it. */
function batchesOf(run: Run, cells: AnnData, column = run.parts.preparation.batch): Int32Array | undefined {
  const names = run.parts.batches;
  if (!names) return undefined;
  const all = new Uint8Array(cells.nObs).fill(1);
  const batches = column === undefined ? undefined : readBatches(cells, column, all, []);
  return batchCodes(names, batches, (cell) => cells.obsNames[cell]);
}

/** What the file says of how it was made. */
function record(run: Run, replay: Replay, { fewGenes = false }: ApplyOptions, notes: string[]) {
  return {
    run: run.name,
    genes_of_run: run.genes.length,
    genes_found: replay.genes.length,
    few_genes_accepted: fewGenes,
    matrix: replay.matrix,
    species: replay.species ?? "the model's",
    notes: notes.length > 0 ? notes : ["none"],
  };
}
