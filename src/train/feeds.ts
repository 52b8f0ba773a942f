import type * as ort from "onnxruntime-node";
import { oddKeys } from "../model/context.js";
import type { Objective } from "../model/objectives.js";
import { tensor } from "../runtime/session.js";
import { isTokens, type LabelledBatch, type WholeStep } from "./engine.js";

export interface FeedOptions {
  objectives: Objective[];
  dropout: number;
  /** Seed of dropout. */
  seed: number;
  /** Weight of each class in the loss; all alike when absent. Float32 [classes] */
  classWeights?: Float32Array;
  /** Share of each cell's weight in the loss that goes to all of so many classes alike; none when absent. */
  smoothing?: { share: number; classes: number };
}

/** What keeps the keys of a step's rows and columns apart from other steps': part of what a seed gives, and so not to be changed. */
const KEY_STREAMS = 4096;

/**
 * What the graph of a step is fed for each of its batches; see `lossOf`. What a cell is fed goes by its place in the whole
 * step, in whatever pieces and by however many ranks that is worked on.
 * @param attempt the step's number among those tried: each has dropout masks of its own
 * @param whole the step that the batches are a part of; they are all of it when absent
 */
export function stepFeeds(
  micro: LabelledBatch[],
  attempt: number,
  o: FeedOptions,
  whole: WholeStep = wholeOf(micro),
): Record<string, ort.Tensor>[] {
  const weightOf = (label: number) => o.classWeights?.[label] ?? 1;
  const cells = whole.labels.length;
  const total = whole.labels.reduce((sum, label) => sum + weightOf(label), 0);
  const masked = Math.max(1, whole.masked);
  const { share = 0, classes = 0 } = o.smoothing ?? {};
  // As PyTorch does: each class by its own weight, over the weights of the cells' labels.
  const smoothing = Float32Array.from(
    { length: classes },
    (_, label) => ((share / classes) * weightOf(label)) / total,
  );
  let row = whole.first;
  return micro.map((one) => {
    const { labels } = one;
    const perCell = (data: Int32Array) => tensor("int32", data, [labels.length]);
    const feeds: Record<string, ort.Tensor> = {};
    if (o.objectives.includes("CLS")) {
      feeds.labels = perCell(labels);
      const weights = Float32Array.from(labels, (l) => weightOf(l) / total);
      feeds.cellWeights = tensor("float32", weights, [labels.length]);
      if (share > 0) feeds.smoothing = tensor("float32", smoothing, [1, classes]);
    }
    feeds.share = tensor("float32", Float32Array.of(labels.length / cells), []);
    feeds.maskShare = tensor("float32", Float32Array.of(maskedIn(one) / masked), []);
    if (!isTokens(one)) {
      feeds.cells = tensor("float32", one.embedding, [labels.length, one.embedding.length / labels.length]);
      return feeds;
    }
    const { batch, batchLabels } = one;
    const dims = [labels.length, batch.length];
    feeds.genes = tensor("int32", batch.genes, dims);
    feeds.values = tensor("float32", batch.values, dims);
    if (batchLabels) feeds.batchLabels = perCell(batchLabels);
    if (one.masked) {
      feeds.target = tensor("float32", one.masked.target, dims);
      feeds.mask = tensor("float32", one.masked.mask, dims);
    }
    if (o.dropout > 0) {
      const stream = 2 * attempt * KEY_STREAMS;
      const keys = (s: number) => tensor("int32", rowsOfKeys(row, dims, whole.length, o.seed, s), dims);
      feeds.rowKeys = keys(stream);
      feeds.columnKeys = keys(stream + 1);
    }
    row += labels.length;
    return feeds;
  });
}

/** Batches that are the whole step. */
function wholeOf(micro: LabelledBatch[]): WholeStep {
  return {
    labels: Int32Array.from(micro.flatMap(({ labels }) => [...labels])),
    length: micro.reduce((most, one) => Math.max(most, isTokens(one) ? one.batch.length : 0), 0),
    masked: micro.reduce((sum, one) => sum + maskedIn(one), 0),
    first: 0,
  };
}

/** How many values of a batch are masked. */
export function maskedIn(one: LabelledBatch): number {
  return isTokens(one) ? (one.masked?.mask.reduce((sum, x) => sum + x, 0) ?? 0) : 0;
}

/** The keys of some rows' tokens, as they have them where all rows of the step are `width` tokens wide: int32 `dims`. */
function rowsOfKeys(first: number, [rows, length]: number[], width: number, seed: number, stream: number) {
  if (length === width) return oddKeys(rows * length, seed, stream, first * width);
  const keys = new Int32Array(rows * length);
  for (let i = 0; i < rows; i++) keys.set(oddKeys(length, seed, stream, (first + i) * width), i * length);
  return keys;
}

/** The feeds that a graph has inputs for. */
export function only(
  feeds: Record<string, ort.Tensor>,
  inputs: ReadonlySet<string>,
): Record<string, ort.Tensor> {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
}

/** How many rows of `logits` [B × classes] have their largest value at the label. */
export function countCorrect(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let correct = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (row.every((x) => x <= row[label])) correct++;
  });
  return correct;
}
