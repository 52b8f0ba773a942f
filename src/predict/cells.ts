import { assembleBatch, type BatchOptions } from "../tokenize/batches.js";
import type { TokenStore } from "../tokenize/tokens.js";
import { groupCells } from "./groups.js";
import type { Predictor } from "./predictor.js";

/** What the model says of each cell, in the order in which the cells were given. */
export interface CellOutputs {
  /** Float32 [cells × classes] */
  logits: Float32Array;
  /** Float32 [cells × embsize]: output at `<cls>` (or the pooled one, by the model's `cell_emb_style`). */
  embeddings: Float32Array;
}

/**
 * Applies the model to cells of a store, like-long ones together.
 * @param options.batchSize cells at once at most
 * @param batchLabels [cells of the store] batch of each cell, where the model uses it
 * @param between called before each batch with the number of cells done; false ends the work early
 * @param takes which batches, by number, are worked on; all when absent. The outputs of the others are zeros, or none where
 *   no batch was.
 * @returns undefined when it was ended early
 */
export async function predictCells(
  predictor: Predictor,
  store: TokenStore,
  cells: ArrayLike<number>,
  options: BatchOptions & { batchSize: number; batchLabels?: ArrayLike<number> },
  between: (done: number) => boolean = () => true,
  takes: (batch: number) => boolean = () => true,
): Promise<CellOutputs | undefined> {
  const { batchSize, batchLabels, ...batching } = options;
  const { maxSeqLen } = batching;
  const { padding } = predictor;
  let outputs: CellOutputs | undefined;
  let done = 0;
  let batch = 0;
  for (const places of groupCells(store, cells, { batchSize, maxSeqLen, padding, batchLabels })) {
    if (!takes(batch++)) continue;
    if (!between(done)) return undefined;
    done += places.length;
    const chosen = Int32Array.from(places, (place) => cells[place]);
    const { logits, embedding } = await predictor.predict(
      assembleBatch(store, chosen, batching),
      batchLabels && Int32Array.from(chosen, (cell) => batchLabels[cell]),
    );
    const classes = logits.length / places.length;
    const width = embedding.length / places.length;
    outputs ??= {
      logits: new Float32Array(cells.length * classes),
      embeddings: new Float32Array(cells.length * width),
    };
    places.forEach((place, row) => {
      outputs!.logits.set(logits.subarray(row * classes, (row + 1) * classes), place * classes);
      outputs!.embeddings.set(embedding.subarray(row * width, (row + 1) * width), place * width);
    });
  }
  return outputs ?? { logits: new Float32Array(0), embeddings: new Float32Array(0) };
}
