import { runInWorker, unlessAborted } from "../runtime/workerJob.js";
import type { CellChunk, PredictionSpec } from "./session.js";

/** A model, cells, and which class of each is to be explained. */
export interface AttributionPlan extends Omit<PredictionSpec, "int8">, CellChunk {
  /** Int32 [cells]: code of the class. */
  codes: Int32Array;
}

/** What each gene of some cells gives to a class: ragged, cell by cell. */
export interface CellAttributions {
  /** Int32 [cells + 1]: where each cell's genes begin. */
  indptr: Int32Array;
  /** Int32 [genes of all cells]: gene column of the store; ascending within a cell. */
  gene: Int32Array;
  /** Uint8 [the same]: bin of its value. */
  bin: Uint8Array;
  /** Float32 [the same]: gradient × input, in logits (see `attributionGraph`); of an ensemble the mean of its members'. */
  attribution: Float32Array;
}

/** What the worker is given. */
export interface AttributionTask extends AttributionPlan {
  abandoned: SharedArrayBuffer;
}

/** Explains classes of cells in a worker thread. `onProgress` gets the number of cells done. */
export function attributeInWorker(
  plan: AttributionPlan,
  { onProgress, signal }: { onProgress?: (done: number) => void; signal?: AbortSignal } = {},
): Promise<CellAttributions> {
  const abandoned = new SharedArrayBuffer(4);
  const task: AttributionTask = { ...plan, abandoned };
  const work = runInWorker<number, CellAttributions>(
    new URL("./attributionWorker.js", import.meta.url),
    task,
    (done) => {
      if (!signal?.aborted) onProgress?.(done);
    },
  );
  return unlessAborted(work, signal, () => Atomics.store(new Int32Array(abandoned), 0, 1));
}
