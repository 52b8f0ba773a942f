import { gradients } from "../graph/autodiff.js";
import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { sumOfSquares } from "../graph/reduce.js";
import type { Tensor } from "../graph/tensor.js";
import { fitsKernels } from "./kernelLayer.js";
import { trainingShapes } from "./lora.js";
import { lossOf } from "./loss.js";
import { GRADIENT, NEW, SUM } from "./names.js";
import { isStatistic } from "./parameters.js";
import { type Slot, Slots } from "./slots.js";
import type { TrainingSpec } from "./training.js";

/**
 * What becomes of the derivatives: "whole", they are all of the step's; "added", they are added to those of other
 * batches, which are fed as `sum.<slot>`; "apart", they are left as they are, times the loss scale in mixed precision,
 * for an engine that adds them up itself.
 */
export type GradientForm = "whole" | "added" | "apart";

/** A graph that computes the loss of one batch and its derivatives. */
export interface GradientGraph {
  onnx: Uint8Array;
  form: GradientForm;
  /** All weights that it reads. */
  slots: Slot[];
  /** Those that it gives a derivative of: output `grad.<input>`. */
  trained: Slot[];
  /** State-dict names of the running statistics that it gives new values of: output `new.<name>`. */
  statistics: string[];
  /** Names of the parts of the loss, in the order of output `parts`. */
  parts: string[];
  inputs: string[];
  /** Whether it is written in kernels, and reads weights in half precision too (`half.<slot>`). */
  kernels: boolean;
  /** Whether it gives `logits`. */
  logits: boolean;
}

/**
 * Builds forward pass and derivative of one batch. Inputs, besides the slots: those of `lossOf`; `sum.<slot>` in the form
 * "added"; `lossScale` [] with half-precision products in the form "apart". Outputs: `loss`, `parts`, `logits`,
 * `grad.<slot>`, `new.<statistic>`; but in the form "apart" `squares`, the sum of the squared derivatives.
 */
export function gradientGraph(spec: TrainingSpec, form: GradientForm): GradientGraph {
  const g = new Graph();
  g.waits = form === "apart" ? "element" : "shape";
  // The kernels' layers say themselves where they are in half precision; the rest is then in single, which is little.
  // They take each matrix as it is stored, which an adapter's is not.
  const kernels = spec.kernels === true && spec.half === true && !spec.lora && fitsKernels(spec.args);
  g.halfProducts = spec.half === true && !kernels;
  const slots = new Slots(g, trainingShapes(spec.args, spec.size, spec.lora));
  const model = lossOf(g, { ...spec, kernels }, slots, form !== "whole");
  const seed = spec.half && form === "apart" ? g.input("lossScale", "float32", []) : undefined;
  const reached = derivatives(g, spec, slots, model.loss, seed);
  const sums = reached.map(({ slot, gradient }) => {
    if (form !== "added") return gradient;
    const before = g.input(SUM + slot.input, "float32", slot.shape);
    return g.node("Add", [before, gradient], "float32", slot.shape);
  });
  for (const [i, { slot }] of reached.entries()) g.output(GRADIENT + slot.input, sums[i]);
  if (form !== "apart") g.output("squares", totalSquares(g, sums));
  g.output("loss", model.loss);
  g.output("parts", model.parts);
  if (model.logits) g.output("logits", model.logits);
  for (const [name, value] of model.statistics) g.output(NEW + name, value);
  g.dropUnusedInputs();
  return {
    onnx: encodeOnnx(g),
    form,
    slots: slots.all,
    trained: reached.map((r) => r.slot),
    statistics: [...model.statistics.keys()],
    parts: model.names,
    inputs: g.inputs.map((t) => t.name),
    kernels,
    logits: model.logits !== undefined,
  };
}

/** A graph that computes the parts of one batch's loss, in evaluation: outputs `parts`, inputs those of `lossOf`. */
export type LossGraph = Pick<GradientGraph, "onnx" | "slots" | "parts" | "inputs">;

/** Builds the loss of one batch, by its parts, as in evaluation. */
export function lossGraph(spec: TrainingSpec): LossGraph {
  const g = new Graph();
  const slots = new Slots(g, trainingShapes(spec.args, spec.size, spec.lora));
  const { parts, names } = lossOf(g, { ...spec, evaluation: true }, slots, false);
  g.output("parts", parts);
  g.dropUnusedInputs();
  return { onnx: encodeOnnx(g), slots: slots.all, parts: names, inputs: g.inputs.map((t) => t.name) };
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
function totalSquares(g: Graph, tensors: Tensor[]): Tensor {
  return tensors.map((x) => sumOfSquares(g, x)).reduce((a, b) => g.node("Add", [a, b], "float32", []));
}
