import type { AttentionOptions } from "../graph/attention.js";
import { gradients } from "../graph/autodiff.js";
import { add, mul } from "../graph/elementwise.js";
import { Graph } from "../graph/graph.js";
import { crossEntropy } from "../graph/losses.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type AdamOptions, type AdamStep, adam } from "../graph/optimizer.js";
import { sumOfSquares } from "../graph/reduce.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelArgs } from "./args.js";
import { type Context, Noise } from "./context.js";
import { contrastive, elasticSimilarity, expressionLoss, meanWeights, type Objective } from "./objectives.js";
import { isStatistic, type ModelSize, parameterShapes } from "./parameters.js";
import { type ModelInputs, scgpt } from "./scgpt.js";
import { type Slot, Slots } from "./slots.js";

/** What is to be trained, and how. */
export interface TrainingSpec {
  args: ModelArgs;
  size: ModelSize;
  /** Row of `<pad>` in the embedding table. */
  padRow: number;
  objectives: Objective[];
  /** Weight of ECS in the loss. */
  ecsWeight?: number;
  dropout: number;
  /** State-dict names that are not trained; they get no derivative and no optimiser state. */
  frozen?: (name: string) => boolean;
  attentionLoop: AttentionOptions["loop"];
}

/** A graph that computes the loss of one batch and its derivatives. */
export interface GradientGraph {
  onnx: Uint8Array;
  /** All weights that it reads. */
  slots: Slot[];
  /** Those that it gives a derivative of: output `grad.<input>`. */
  trained: Slot[];
  /** State-dict names of the running statistics that it gives new values of: output `new.<name>`. */
  statistics: string[];
  /** Names of the parts of the loss, in the order of output `parts`. */
  parts: string[];
  nodes: number;
}

/**
 * Builds forward pass and derivative. Inputs, besides the slots: `genes` int32 [B, N]; `values` [B, N];
 * `labels` int32 [B]; `cellWeights` [B] (they sum to 1 over the cells of a step); `batchLabels` int32 [B];
 * `target`, `mask` [B, N] for masked values; `rowKeys`, `columnKeys` int32 [B, N] for dropout; where a step is
 * accumulated from several batches, `share` [] (the part of the step's cells that is in this one) and
 * `sum.<slot>`. Outputs: `loss`, `parts`, `logits`, `squares` (sum of the squared derivatives), `grad.*`, `new.*`.
 */
export function gradientGraph(spec: TrainingSpec, accumulate: boolean): GradientGraph {
  const g = new Graph();
  const slots = new Slots(g, parameterShapes(spec.args, spec.size));
  const model = lossOf(g, spec, slots, accumulate);
  const trained = slots.all.filter((s) => !isStatistic(s.key) && !spec.frozen?.(s.key));
  const found = gradients(
    g,
    model.loss,
    trained.map((s) => slots.tensor(s.key, thirdOf(s))),
  );
  const reached = trained.flatMap((slot, i) => {
    const gradient = found[i];
    return gradient ? [{ slot, gradient }] : [];
  });
  const sums = reached.map(({ slot, gradient }) => {
    if (!accumulate) return gradient;
    const before = g.input(`sum.${slot.input}`, "float32", slot.shape);
    return g.node("Add", [before, gradient], "float32", slot.shape);
  });
  for (const [i, { slot }] of reached.entries()) g.output(`grad.${slot.input}`, sums[i]);
  const squares = sums.map((x) => sumOfSquares(g, x));
  g.output(
    "squares",
    squares.reduce((a, b) => g.node("Add", [a, b], "float32", [])),
  );
  g.output("loss", model.loss);
  g.output("parts", model.parts);
  if (model.logits) g.output("logits", model.logits);
  for (const [name, value] of model.statistics) g.output(`new.${name}`, value);
  return {
    onnx: encodeOnnx(g),
    slots: slots.all,
    trained: reached.map((r) => r.slot),
    statistics: [...model.statistics.keys()],
    parts: model.names,
    nodes: g.nodes.length,
  };
}

interface Loss {
  loss: Tensor;
  parts: Tensor;
  names: string[];
  logits?: Tensor;
  statistics: Map<string, Tensor>;
}

function lossOf(g: Graph, spec: TrainingSpec, slots: Slots, accumulate: boolean): Loss {
  const { args, size } = spec;
  const has = (o: Objective) => spec.objectives.includes(o);
  const inputs: ModelInputs = {
    genes: g.input("genes", "int32", ["B", "N"]),
    values: g.input("values", "float32", ["B", "N"]),
    padRow: spec.padRow,
  };
  if (
    args.use_batch_labels ||
    args.domain_spec_batchnorm === true ||
    args.domain_spec_batchnorm === "dsbn" ||
    has("DAB")
  )
    inputs.batchLabels = g.input("batchLabels", "int32", ["B"]);
  const noise =
    spec.dropout > 0
      ? new Noise(
          g,
          spec.dropout,
          g.input("rowKeys", "int32", ["B", "N"]),
          g.input("columnKeys", "int32", ["B", "N"]),
        )
      : undefined;
  const context: Context = {
    g,
    args,
    parameter: (name, third) => slots.tensor(name, third),
    noise,
    training: true,
    attentionLoop: spec.attentionLoop,
  };
  const out = scgpt(context, inputs, size, {
    classes: has("CLS"),
    mlm: has("MLM"),
    mvc: has("MVC"),
    dab: has("DAB"),
  });

  const parts: [name: string, value: Tensor][] = [];
  if (out.classes) {
    const labels = g.input("labels", "int32", ["B"]);
    parts.push(["CLS", crossEntropy(g, out.classes, labels, g.input("cellWeights", "float32", ["B"]))]);
  }
  const share =
    accumulate && spec.objectives.some((o) => o !== "CLS") ? g.input("share", "float32", []) : undefined;
  const push = (name: string, value: Tensor) => parts.push([name, share ? mul(g, value, share) : value]);
  if (out.mlm || out.mvc) {
    const target = g.input("target", "float32", ["B", "N"]);
    const mask = g.input("mask", "float32", ["B", "N"]);
    for (const [name, predicted] of [["MLM", out.mlm] as const, ["MVC", out.mvc] as const]) {
      if (!predicted) continue;
      const [error, zero] = expressionLoss(g, predicted, target, mask);
      push(name, error);
      if (zero) push(`${name}_zero`, zero);
    }
  }
  if (has("ECS"))
    push("ECS", mul(g, elasticSimilarity(g, out.cell, args.ecs_threshold ?? 0.3), spec.ecsWeight ?? 1));
  if (has("CCE")) push("CCE", contrastive(g, out.cell, scgpt(context, inputs, size, {}).cell));
  if (out.dab) push("DAB", crossEntropy(g, out.dab, inputs.batchLabels!, meanWeights(g, out.dab)));

  const vector = parts.map(([, p]) => g.node("Unsqueeze", [p, g.integers([0])], "float32", [1]));
  return {
    loss: parts.map(([, p]) => p).reduce((a, b) => add(g, a, b)),
    parts: g.node("Concat", vector, "float32", [parts.length], { axis: 0 }),
    names: parts.map(([name]) => name),
    logits: out.classes,
    statistics: out.statistics,
  };
}

/**
 * Builds Adam's update of all slots from their derivatives. Inputs: `learningRate`, `rate`, `correction`, `factor` [];
 * for each slot its weight, `grad.<slot>`, `m.<slot>`, `v.<slot>`. Outputs: `new.<slot>`, `newm.<slot>`,
 * `newv.<slot>`, which may be written over the inputs: each element is read before it is written, and by
 * nothing else.
 */
export function updateGraph(slots: Slot[], options: AdamOptions): Uint8Array {
  const g = new Graph();
  const scalar = (name: string) => g.input(name, "float32", []);
  const step: AdamStep = {
    learningRate: scalar("learningRate"),
    rate: scalar("rate"),
    correction: scalar("correction"),
    factor: scalar("factor"),
  };
  for (const { input, shape } of slots) {
    const [w, gradient, m, v] = ["", "grad.", "m.", "v."].map((p) => g.input(p + input, "float32", shape));
    const updated = adam(g, w, gradient, m, v, step, options);
    g.output(`new.${input}`, updated.weight);
    g.output(`newm.${input}`, updated.m);
    g.output(`newv.${input}`, updated.v);
  }
  return encodeOnnx(g);
}

function thirdOf(slot: Slot): "q" | "k" | "v" | undefined {
  return slot.input === slot.key ? undefined : (slot.input.slice(-1) as "q" | "k" | "v");
}
