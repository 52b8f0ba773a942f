import type { AnnData } from "../anndata/anndata.js";
import { takeCells } from "../anndata/edit/subset.js";
import { interruption } from "../host/interruption.js";
import type { CellChunk, PredictionSession, PredictionSpec } from "../predict/session.js";
import { readBatches } from "../preprocess/labels.js";
import { batchCodes, INT8_SAMPLE, int8Note, type PredictOptions, predictionOf } from "./applyRun.js";
import type { Reading } from "./reading.js";
import { Replay, type TokenChunk } from "./replay.js";
import type { Run } from "./run.js";
import type { Collector, Tally } from "./task.js";

/** The embeddings' name in `obsm`. */
export const EMBEDDING = "X_scGPT";

/** How a run is applied to cells that are read. */
export interface ApplyRowsOptions extends PredictOptions {
  /** The `obs` column of batches. */
  batch?: string;
}

/**
 * Applies a run to cells, some at a time: to those of a file, or to a shard of them. A cell's numbers are the same whichever
 * are beside it.
 * @param session of the run, see `predictionOf`
 * @param take gets, for each chunk, the row of its first cell among these and rows of each array for `obsm`
 */
export async function applyRows(
  run: Run,
  session: PredictionSession,
  replay: Replay,
  collector: Collector,
  options: ApplyRowsOptions,
  take: (first: number, arrays: Record<string, Float32Array>) => void,
): Promise<Tally> {
  const { cells } = replay;
  const signal = interruption(options.signal);
  const asChunk = chunkMaker(run, cells, options.batch);
  for (const chunk of replay.chunks(false)) {
    const [first] = chunk.rows;
    const outputs = await session.predict(asChunk(chunk), {
      signal,
      onProgress: (done) => options.onProgress?.((first + done) / cells.nObs),
    });
    const more = await collector.add(chunk, outputs);
    take(first, { [EMBEDDING]: outputs.embeddings, ...more });
  }
  const { counts, examples } = collector.tally();
  return { counts: { ...counts, outside: replay.outside }, examples };
}

/** A chunk as a session takes it. */
function chunkMaker(run: Run, cells: AnnData, batch: string | undefined) {
  const batches = batchesOf(run, cells, batch);
  return ({ tokens, rows }: TokenChunk): CellChunk => ({
    tokens,
    cells: Int32Array.from({ length: tokens.cells }, (_, cell) => cell),
    batchLabels: batches && rows.map((row) => batches[row]),
  });
}

/** What 8-bit integers change, measured on some cells, spread over the file; nothing where they are not asked for. */
export async function int8Notes(
  run: Run,
  cells: AnnData,
  reading: Reading,
  options: ApplyRowsOptions,
): Promise<string[]> {
  const spec: PredictionSpec = predictionOf(run, reading.genes, options);
  if (!spec.int8) return [];
  const count = Math.min(INT8_SAMPLE, cells.nObs);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * cells.nObs) / count));
  const sample = takeCells(cells, rows);
  const [chunk] = new Replay(run, sample, reading).chunks(false);
  const given = chunkMaker(run, sample, options.batch)(chunk);
  return [await int8Note(spec, given, interruption(options.signal))];
}

/** Int32 [cells]: batch of each, where the model uses it. */
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
