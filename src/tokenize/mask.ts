import { type Batch, PAD_ROW, randomOf } from "./batches.js";
import type { TokenStore } from "./tokens.js";

/** Stream of the masks among those of a cell. */
const STREAM = 0x3a5c;

/** How values are masked. */
export interface MaskOptions {
  /** Likelihood of each value to be masked. */
  ratio: number;
  /** What stands in its place, `mask_value` of the model. */
  maskValue: number;
  /** The masks go by seed, epoch and the cell's own tokens, not by its row or batch. */
  seed: number;
  epoch: number;
}

/** A batch whose values are masked in part, and what they were. */
export interface MaskedBatch {
  batch: Batch;
  /** Float32 [B × N] each: the values, and 1 where they are masked, else 0. */
  masked: { target: Float32Array; mask: Float32Array };
}

/**
 * Masks values of a batch at random, each by itself; never those of `<cls>` and padding. As the `_mask` of scGPT's
 * data collator.
 */
export function maskValues(
  batch: Batch,
  store: TokenStore,
  { ratio, maskValue, seed, epoch }: MaskOptions,
): MaskedBatch {
  const { cells, length, genes, values: target } = batch;
  const values = target.slice();
  const mask = new Float32Array(target.length);
  cells.forEach((cell, b) => {
    const random = randomOf(store, cell, seed, epoch, STREAM);
    for (let i = b * length + 1; i < (b + 1) * length && genes[i] !== PAD_ROW; i++) {
      if (random.uniform() >= ratio) continue;
      values[i] = maskValue;
      mask[i] = 1;
    }
  });
  return { batch: { ...batch, values }, masked: { target, mask } };
}
