import { gradients } from "../graph/autodiff.js";
import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { sumOfSquares } from "../graph/reduce.js";
import type { Tensor } from "../graph/tensor.js";
import { lossOf } from "./loss.js";
import { isStatistic, parameterShapes } from "./parameters.js";
import { type Slot, Slots } from "./slots.js";
import type { TrainingSpec } from "./training.js";

/** A graph that computes the loss of one batch and its derivatives. */
export interface GradientGraph {
  onnx: Uint8Array;
  /** Whether it adds its derivatives to those that it is given. */
  accumulates: boolean;
  /** All weights that it reads. */
  slots: Slot[];
  /** Those that it gives a derivative of: output `grad.<input>`. */
  trained: Slot[];
  /** State-dict names of the running statistics that it gives new values of: output `new.<name>`. */
  statistics: string[];
  /** Names of the parts of the loss, in the order of output `parts`. */
  parts: string[];
  inputs: string[];
  /** Whether it gives `logits`. */
  logits: boolean;
}

/**
 * Builds forward pass and derivative of one batch. Inputs, besides the slots: those of `lossOf`; where a step is
 * accumulated from several batches, `sum.<slot>` too. Outputs: `loss`, `parts`, `logits`, `squares` (sum of the
 * squared derivatives), `grad.<slot>`, `new.<statistic>`.
 */
export function gradientGraph(spec: TrainingSpec, accumulate: boolean): GradientGraph {
  const g = new Graph();
  g.waits = true;
  const slots = new Slots(g, parameterShapes(spec.args, spec.size));
  const model = lossOf(g, spec, slots, accumulate);
  const reached = derivatives(g, spec, slots, model.loss);
  const sums = reached.map(({ slot, gradient }) => {
    if (!accumulate) return gradient;
    const before = g.input(`sum.${slot.input}`, "float32", slot.shape);
    return g.node("Add", [before, gradient], "float32", slot.shape);
  });
  for (const [i, { slot }] of reached.entries()) g.output(`grad.${slot.input}`, sums[i]);
  g.output("squares", totalSquares(g, sums));
  g.output("loss", model.loss);
  g.output("parts", model.parts);
  if (model.logits) g.output("logits", model.logits);
  for (const [name, value] of model.statistics) g.output(`new.${name}`, value);
  return {
    onnx: encodeOnnx(g),
    accumulates: accumulate,
    slots: slots.all,
    trained: reached.map((r) => r.slot),
    statistics: [...model.statistics.keys()],
    parts: model.names,
    inputs: g.inputs.map((t) => t.name),
    logits: model.logits !== undefined,
  };
}

/** The derivative of the loss by every slot that is trained and that the loss depends on. */
export function derivatives(
  g: Graph,
  spec: TrainingSpec,
  slots: Slots,
  loss: Tensor,
  seed?: Tensor,
): { slot: Slot; gradient: Tensor }[] {
  const trained = slots.all.filter((s) => !isStatistic(s.key) && !spec.frozen?.(s.key));
  const parameters = trained.map((s) => slots.current(s));
  const found = gradients(g, loss, parameters, seed);
  return trained.flatMap((slot, i) => {
    const gradient = found[i];
    return gradient ? [{ slot, gradient }] : [];
  });
}

/** The sum of the squares of all elements of all tensors: float32 []. */
export function totalSquares(g: Graph, tensors: Tensor[]): Tensor {
  return tensors.map((x) => sumOfSquares(g, x)).reduce((a, b) => g.node("Add", [a, b], "float32", []));
}
