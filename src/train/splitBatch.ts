import type { LabelledBatch } from "./engine.js";

/** The cells of a batch in two batches, or as it is where it has but one. */
export function halves(whole: LabelledBatch): LabelledBatch[] {
  const cells = whole.labels.length;
  if (cells < 2) return [whole];
  const middle = Math.ceil(cells / 2);
  return [part(whole, 0, middle), part(whole, middle, cells)];
}

function part(whole: LabelledBatch, from: number, to: number): LabelledBatch {
  const { batch, labels, batchLabels, embedding, masked } = whole;
  const { length } = batch;
  const width = embedding ? embedding.length / labels.length : 0;
  const tokens = <T extends Float32Array | Int32Array>(data: T) =>
    data.subarray(from * length, to * length) as T;
  return {
    batch: {
      cells: batch.cells.subarray(from, to),
      length,
      genes: tokens(batch.genes),
      values: tokens(batch.values),
    },
    labels: labels.subarray(from, to),
    batchLabels: batchLabels?.subarray(from, to),
    embedding: embedding?.subarray(from * width, to * width),
    masked: masked && { target: tokens(masked.target), mask: tokens(masked.mask) },
  };
}
