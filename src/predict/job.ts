import type { CellOutputs } from "./cells.js";
import { type CellChunk, PredictionSession, type PredictionSpec } from "./session.js";

/** A model and the cells to apply it to. */
export interface PredictionPlan extends PredictionSpec, CellChunk {}

/** Applies a model to cells in a worker thread. `onProgress` gets the number of cells done. */
export async function predictInWorker(
  { tokens, cells, batchLabels, ...spec }: PredictionPlan,
  options: { onProgress?: (done: number) => void; signal?: AbortSignal } = {},
): Promise<CellOutputs> {
  const session = new PredictionSession(spec);
  try {
    return await session.predict({ tokens, cells, batchLabels }, options);
  } finally {
    session.close();
  }
}
