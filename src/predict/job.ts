import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { DeviceChoice } from "../runtime/resolveDevice.js";
import { runInWorker, unlessAborted } from "../runtime/workerJob.js";
import type { TokenStore } from "../tokenize/tokens.js";
import type { CellOutputs } from "./cells.js";

/** What a prediction worker needs, in plain data. */
export interface PredictionPlan {
  args: ModelArgs;
  classes: number;
  batches?: number;
  /** The gene table cut to the store's rows. */
  weights: Weights;
  tokens: TokenStore;
  /** Which cells of the store. */
  cells: Int32Array;
  /** Int32 [cells of the store]: batch of each, where the model uses it. */
  batchLabels?: Int32Array;
  batchSize: number;
  /** Tokens a cell at most, `<cls>` included; of longer cells the genes are drawn by `seed`. */
  maxSeqLen: number;
  seed: number;
  device: DeviceChoice;
  threads?: number;
  /** The transformer's products in 8-bit integers; see `int8Agreement` for what that changes. */
  int8?: boolean;
}

/** Applies a model to cells in a worker thread. `onProgress` gets the number of cells done. */
export function predictInWorker(
  plan: PredictionPlan,
  options: { onProgress?: (done: number) => void; signal?: AbortSignal } = {},
): Promise<CellOutputs> {
  const abandoned = new SharedArrayBuffer(4);
  const { onProgress, signal } = options;
  const work = runInWorker<number, CellOutputs>(
    new URL("./worker.js", import.meta.url),
    { plan, abandoned },
    (done) => {
      if (!signal?.aborted) onProgress?.(done);
    },
  );
  return unlessAborted(work, signal, () => Atomics.store(new Int32Array(abandoned), 0, 1));
}
