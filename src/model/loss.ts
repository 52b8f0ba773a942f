import { add, mul } from "../graph/elementwise.js";
import type { Graph } from "../graph/graph.js";
import { crossEntropy } from "../graph/losses.js";
import type { DType, Shape, Tensor } from "../graph/tensor.js";
import { type Context, Noise } from "./context.js";
import { decodeClass } from "./decoders.js";
import { adaptersOf } from "./lora.js";
import { contrastive, elasticSimilarity, expressionLoss, meanWeights, type Objective } from "./objectives.js";
import { type ModelSize, usesBatchLabels } from "./parameters.js";
import { type ModelInputs, scgpt } from "./scgpt.js";
import type { Slots } from "./slots.js";
import type { TrainingSpec } from "./training.js";

/** Makes an input of the graph. */
type Fed = (name: string, dtype: DType, shape: Shape) => Tensor;

/** The loss of one batch, as tensors of the graph. */
export interface Loss {
  loss: Tensor;
  /** What the loss is the sum of; that of DAB before its weight, as the published code tells it. */
  parts: Tensor;
  names: string[];
  logits?: Tensor;
  statistics: Map<string, Tensor>;
}

/**
 * Writes forward pass and loss into the graph. Inputs: `genes` int32 [B, N];
 * `values` [B, N]; `labels` int32 [B]; `cellWeights` [B] (they sum to 1 over the cells of a step); with label smoothing
 * `smoothing` [1, classes], what every cell gives to each class; `batchLabels` int32 [B]; `target`, `mask` [B, N] for masked values; `rowKeys`, `columnKeys` int32 [B, N] for dropout; and,
 * where `shared`, `share` []: the part of the step's cells that is in this batch, and `maskShare` [], that of its masked values.
 * With `head`, `cells` [B, d] stands for all that describes the tokens.
 */
export function lossOf(g: Graph, spec: TrainingSpec, slots: Slots, shared: boolean): Loss {
  const { args, size } = spec;
  const [B, N] = ["B", "N"];
  const fed = (name: string, dtype: DType, shape: Shape) => g.input(name, dtype, shape);
  const has = (o: Objective) => spec.objectives.includes(o);
  if (spec.head) return headLoss(g, spec, slots, fed, B);
  const inputs: ModelInputs = {
    genes: fed("genes", "int32", [B, N]),
    values: fed("values", "float32", [B, N]),
    padRow: spec.padRow,
  };
  if (usesBatchLabels(args) || has("DAB")) inputs.batchLabels = fed("batchLabels", "int32", [B]);
  const noise =
    spec.dropout > 0 && !spec.evaluation
      ? new Noise(g, spec.dropout, fed("rowKeys", "int32", [B, N]), fed("columnKeys", "int32", [B, N]))
      : undefined;
  const context: Context = {
    g,
    args,
    parameter: (name, third) => slots.tensor(name, third),
    // What is not trained has no half-precision copy that the optimiser keeps.
    narrow: (name) => (spec.frozen?.(name) ? g.cast(slots.tensor(name), "float16") : slots.narrow(name)),
    noise,
    training: !spec.evaluation,
    attentionLoop: spec.attentionLoop,
    kernels: spec.kernels,
    adapter: spec.lora && adaptersOf(args, spec.lora, (name, third) => slots.tensor(name, third)),
  };
  const out = scgpt(context, inputs, size, {
    classes: has("CLS"),
    mlm: has("MLM"),
    mvc: has("MVC"),
    dab: has("DAB"),
  });

  const parts: [name: string, value: Tensor, weight?: number][] = [];
  if (out.classes) {
    const labels = fed("labels", "int32", [B]);
    const weights = fed("cellWeights", "float32", [B]);
    parts.push(["CLS", crossEntropy(g, out.classes, labels, weights, smoothingOf(spec, fed))]);
  }
  const of = (share: string) => (shared ? fed(share, "float32", []) : undefined);
  if (out.mlm || out.mvc) {
    const target = fed("target", "float32", [B, N]);
    const mask = fed("mask", "float32", [B, N]);
    const share = of("maskShare");
    const push = (name: string, value: Tensor) => parts.push([name, share ? mul(g, value, share) : value]);
    for (const [name, predicted] of [["MLM", out.mlm] as const, ["MVC", out.mvc] as const]) {
      if (!predicted) continue;
      const [error, zero] = expressionLoss(g, predicted, target, mask);
      push(name, error);
      if (zero) push(`${name}_zero`, zero);
    }
  }
  const share = has("ECS") || has("CCE") || has("DAB") ? of("share") : undefined;
  const push = (name: string, value: Tensor, weight?: number) =>
    parts.push([name, share ? mul(g, value, share) : value, weight]);
  if (has("ECS"))
    push("ECS", mul(g, elasticSimilarity(g, out.cell, args.ecs_threshold ?? 0.3), spec.ecsWeight ?? 1));
  const again = has("CCE") ? secondPass(context, inputs, size, out.statistics, has("MLM")) : undefined;
  if (again) push("CCE", contrastive(g, out.cell, again.cell));
  if (out.dab)
    push("DAB", crossEntropy(g, out.dab, inputs.batchLabels!, meanWeights(g, out.dab)), spec.dabWeight);

  const vector = parts.map(([, p]) => g.node("Unsqueeze", [p, g.integers([0])], "float32", [1]));
  return {
    loss: parts
      .map(([, value, weight = 1]) => (weight === 1 ? value : mul(g, value, weight)))
      .reduce((a, b) => add(g, a, b)),
    parts: g.node("Concat", vector, "float32", [parts.length], { axis: 0 }),
    names: parts.map(([name]) => name),
    logits: out.classes,
    statistics: again?.statistics ?? out.statistics,
  };
}

/**
 * The same cells under other dropout; batch norm's statistics go on from the first pass. Kernels take the layers'
 * projections whole, as they did in the first pass, where that answered for all `tokens`.
 */
function secondPass(
  c: Context,
  inputs: ModelInputs,
  size: ModelSize,
  statistics: Map<string, Tensor>,
  tokens: boolean,
) {
  const parameter: Context["parameter"] = (name, third) => statistics.get(name) ?? c.parameter(name, third);
  return scgpt({ ...c, parameter }, inputs, size, { tokens: c.kernels && tokens });
}

function smoothingOf({ labelSmoothing = 0, size }: TrainingSpec, fed: Fed) {
  if (labelSmoothing === 0) return undefined;
  return { kept: 1 - labelSmoothing, others: fed("smoothing", "float32", [1, size.classes]) };
}

/** The loss of the class decoder alone, on embeddings computed before. */
function headLoss(g: Graph, spec: TrainingSpec, slots: Slots, fed: Fed, B: string): Loss {
  const parameter: Context["parameter"] = (name, third) => slots.tensor(name, third);
  const context = { g, args: spec.args, parameter, training: true, attentionLoop: spec.attentionLoop };
  const logits = decodeClass(context, fed("cells", "float32", [B, spec.args.embsize]));
  const [labels, weights] = [fed("labels", "int32", [B]), fed("cellWeights", "float32", [B])];
  const loss = crossEntropy(g, logits, labels, weights, smoothingOf(spec, fed));
  const parts = g.node("Unsqueeze", [loss, g.integers([0])], "float32", [1]);
  return { loss, parts, names: ["CLS"], logits, statistics: new Map() };
}
