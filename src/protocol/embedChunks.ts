import { interruption } from "../host/interruption.js";
import { batchesOf } from "./applyRows.js";
import { type PredictOptions, predictionOf, withSession } from "./applyRun.js";
import type { Replay, TokenChunk } from "./replay.js";
import type { Run } from "./run.js";

/**
 * Embeds cells some at a time, without those outside the limits of the run's preparation.
 * @param take gets each chunk's embeddings, Float32 [cells of the chunk × embsize], as the model gives them
 */
export async function embedChunks(
  run: Run,
  replay: Replay,
  options: PredictOptions & { batch?: string },
  take: (chunk: TokenChunk, embeddings: Float32Array) => void,
): Promise<void> {
  const { cells } = replay;
  const batches = batchesOf(run, cells, options.batch);
  await withSession(predictionOf(run, replay.genes, options), async (session) => {
    for (const chunk of replay.chunks(true)) {
      const { tokens, rows } = chunk;
      if (rows.length === 0) continue;
      const { embeddings } = await session.predict(
        {
          tokens,
          cells: Int32Array.from({ length: tokens.cells }, (_, cell) => cell),
          batchLabels: batches && rows.map((row) => batches[row]),
        },
        {
          signal: interruption(options.signal),
          onProgress: (done) => options.onProgress?.((rows[0] + done) / cells.nObs),
        },
      );
      take(chunk, embeddings);
    }
  });
  options.onProgress?.(1);
}

/** Scales rows to length 1, in place. */
export function unitRows(rows: Float32Array, width: number): Float32Array {
  for (let from = 0; from < rows.length; from += width) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += rows[from + j] ** 2;
    const length = Math.sqrt(sum) || 1;
    for (let j = 0; j < width; j++) rows[from + j] /= length;
  }
  return rows;
}
