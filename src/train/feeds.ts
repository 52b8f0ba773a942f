import type * as ort from "onnxruntime-node";
import { oddKeys } from "../model/context.js";
import type { Objective } from "../model/objectives.js";
import { tensor } from "../runtime/session.js";
import { isTokens, type LabelledBatch } from "./engine.js";

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

/** Batches of one step at most, as far as dropout's keys are concerned. */
const KEY_STREAMS = 4096;

/**
 * What the graph of a step is fed for each of its batches; see `lossOf`.
 * @param attempt the step's number among those tried: each has dropout masks of its own
 */
export function stepFeeds(
  micro: LabelledBatch[],
  attempt: number,
  o: FeedOptions,
): Record<string, ort.Tensor>[] {
  const weightOf = (label: number) => o.classWeights?.[label] ?? 1;
  const cells = micro.reduce((sum, m) => sum + m.labels.length, 0);
  const total = micro.reduce((sum, m) => m.labels.reduce((s, l) => s + weightOf(l), sum), 0);
  const masks = micro.map((m) => (isTokens(m) ? (m.masked?.mask.reduce((sum, x) => sum + x, 0) ?? 0) : 0));
  const masked = Math.max(
    1,
    masks.reduce((sum, n) => sum + n, 0),
  );
  const { share = 0, classes = 0 } = o.smoothing ?? {};
  // As PyTorch does: each class by its own weight, over the weights of the cells' labels.
  const smoothing = Float32Array.from(
    { length: classes },
    (_, label) => ((share / classes) * weightOf(label)) / total,
  );
  return micro.map((one, index) => {
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
    feeds.maskShare = tensor("float32", Float32Array.of(masks[index] / masked), []);
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
      const stream = 2 * (attempt * KEY_STREAMS + index);
      const keys = (s: number) => tensor("int32", oddKeys(dims[0] * dims[1], o.seed, s), dims);
      feeds.rowKeys = keys(stream);
      feeds.columnKeys = keys(stream + 1);
    }
    return feeds;
  });
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
