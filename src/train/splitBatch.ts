import { isTokens, type LabelledBatch } from "./engine.js";

/** The cells of a batch in two batches, or as it is where it has but one. */
export function halves(whole: LabelledBatch): LabelledBatch[] {
  const cells = whole.labels.length;
  if (cells < 2) return [whole];
  const middle = Math.ceil(cells / 2);
  return [part(whole, 0, middle), part(whole, middle, cells)];
}

function part(whole: LabelledBatch, from: number, to: number): LabelledBatch {
  const labels = whole.labels.subarray(from, to);
  if (!isTokens(whole)) {
    const width = whole.embedding.length / whole.labels.length;
    const embedding = whole.embedding.subarray(from * width, to * width);
    return { cells: whole.cells.subarray(from, to), embedding, labels };
  }
  const { batch, batchLabels, masked } = whole;
  const { length } = batch;
  const tokens = <T extends Float32Array | Int32Array>(data: T) =>
    data.subarray(from * length, to * length) as T;
  return {
    batch: {
      cells: batch.cells.subarray(from, to),
      length,
      genes: tokens(batch.genes),
      values: tokens(batch.values),
    },
    labels,
    batchLabels: batchLabels?.subarray(from, to),
    masked: masked && { target: tokens(masked.target), mask: tokens(masked.mask) },
  };
}
