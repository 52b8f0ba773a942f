import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type AdamOptions, adam } from "../graph/optimizer.js";
import type { Tensor } from "../graph/tensor.js";
import { derivatives, totalSquares } from "./gradient.js";
import { lossOf } from "./loss.js";
import { parameterShapes } from "./parameters.js";
import { type Slot, Slots } from "./slots.js";
import type { TrainingSpec } from "./training.js";

export interface StepsOptions extends AdamOptions {
  /** Optimiser steps in one run. */
  steps: number;
  /** Batches that are accumulated into each step. */
  batches: number;
  clipNorm: number;
}

export interface StepsGraph {
  onnx: Uint8Array;
  slots: Slot[];
  trained: Slot[];
  statistics: string[];
  parts: string[];
  inputs: string[];
}

/**
 * Builds several whole training steps in a row – forward, derivative, clipping, Adam – so that a device whose
 * memory is not the CPU's is given weights and moments once, and gives them back once.
 *
 * Inputs: the slots, `m.<slot>`, `v.<slot>`; for batch j of step i those of `lossOf` with suffix `@i.j`;
 * `learningRate@i` []; `progress` [3]: what Adam remembers of its past as 1 − β₁ᵗ, 1 − β₂ᵗ (carried along by their
 * recurrences, which lose nothing in single precision), and the loss scale.
 * Outputs: `new.<slot>`, `newm.<slot>`, `newv.<slot>`, `new.<statistic>`, `new.progress`; for batch j of step i
 * `loss@i.j`, `parts@i.j`, `logits@i.j`; for step i `norm@i`, of gradients before clipping, not finite where the step
 * was skipped. A step that is skipped halves the loss scale and leaves the rest as it was.
 */
export function stepsGraph(spec: TrainingSpec, options: StepsOptions): StepsGraph {
  const g = new Graph();
  g.halfProducts = spec.half === true;
  const slots = new Slots(g, parameterShapes(spec.args, spec.size));
  const at = (v: Tensor, i: number) =>
    g.node("Gather", [v, g.constant(Int32Array.of(i), "int32", [])], "float32", []);
  const progress = g.input("progress", "float32", [3]);
  let [c1, c2, lossScale] = [0, 1, 2].map((i) => at(progress, i));
  const moments = new Map<string, { m: Tensor; v: Tensor }>();
  let trained: Slot[] = [];
  let statistics: string[] = [];
  let parts: string[] = [];

  for (let i = 0; i < options.steps; i++) {
    const sums = new Map<Slot, Tensor>();
    for (let j = 0; j < options.batches; j++) {
      const suffix = `@${i}.${j}`;
      const model = lossOf(g, spec, slots, options.batches > 1, suffix);
      for (const { slot, gradient } of derivatives(g, spec, slots, model.loss, lossScale)) {
        const sum = sums.get(slot);
        sums.set(slot, sum ? g.node("Add", [sum, gradient], "float32", slot.shape) : gradient);
      }
      g.output(`loss${suffix}`, model.loss);
      g.output(`parts${suffix}`, model.parts);
      if (model.logits) g.output(`logits${suffix}`, model.logits);
      for (const [name, value] of model.statistics) slots.replace(slots.slot(name), value);
      statistics = [...model.statistics.keys()];
      parts = model.names;
    }
    trained = [...sums.keys()];
    const norm = binary(g, "Div", sqrtOf(g, totalSquares(g, [...sums.values()])), lossScale);
    g.output(`norm@${i}`, norm);
    const finite = g.node("Less", [norm, g.scalar(3e38, "float32")], "bool", []);
    const either = (yes: Tensor, no: Tensor) => g.node("Where", [finite, yes, no], "float32", yes.shape);

    const step = {
      learningRate: g.input(`learningRate@${i}`, "float32", []),
      factor: clipAndUnscale(g, norm, options.clipNorm, lossScale),
    };
    const next1 = recur(g, c1, options.beta1);
    const next2 = recur(g, c2, options.beta2);
    const rate = binary(g, "Div", step.learningRate, next1);
    const adamStep = { ...step, rate, correction: sqrtOf(g, next2) };
    for (const [slot, gradient] of sums) {
      const old = moments.get(slot.input) ?? {
        m: g.input(`m.${slot.input}`, "float32", slot.shape),
        v: g.input(`v.${slot.input}`, "float32", slot.shape),
      };
      const weight = slots.current(slot);
      const now = adam(g, weight, gradient, old.m, old.v, adamStep, options);
      slots.replace(slot, either(now.weight, weight));
      moments.set(slot.input, { m: either(now.m, old.m), v: either(now.v, old.v) });
    }
    [c1, c2] = [either(next1, c1), either(next2, c2)];
    lossScale = either(lossScale, binary(g, "Mul", lossScale, g.scalar(0.5, "float32")));
  }

  for (const slot of trained) {
    g.output(`new.${slot.input}`, slots.current(slot));
    g.output(`newm.${slot.input}`, moments.get(slot.input)!.m);
    g.output(`newv.${slot.input}`, moments.get(slot.input)!.v);
  }
  for (const name of statistics) g.output(`new.${name}`, slots.current(slots.slot(name)));
  const vector = [c1, c2, lossScale].map((x) => g.node("Unsqueeze", [x, g.integers([0])], "float32", [1]));
  g.output("new.progress", g.node("Concat", vector, "float32", [3], { axis: 0 }));
  return {
    onnx: encodeOnnx(g),
    slots: slots.all,
    trained,
    statistics,
    parts,
    inputs: g.inputs.map((t) => t.name),
  };
}

/** min(1, limit / (norm + 1e-6)) / lossScale, as PyTorch's `clip_grad_norm_` after unscaling. */
function clipAndUnscale(g: Graph, norm: Tensor, limit: number, lossScale: Tensor): Tensor {
  const ratio = binary(
    g,
    "Div",
    g.scalar(limit, "float32"),
    binary(g, "Add", norm, g.scalar(1e-6, "float32")),
  );
  return binary(g, "Div", binary(g, "Min", ratio, g.scalar(1, "float32")), lossScale);
}

/** 1 − βᵗ⁺¹ from 1 − βᵗ. */
function recur(g: Graph, c: Tensor, beta: number): Tensor {
  return binary(g, "Add", binary(g, "Mul", c, g.scalar(beta, "float32")), g.scalar(1 - beta, "float32"));
}

function binary(g: Graph, op: string, a: Tensor, b: Tensor): Tensor {
  return g.node(op, [a, b], "float32", []);
}

function sqrtOf(g: Graph, x: Tensor): Tensor {
  return g.node("Sqrt", [x], "float32", []);
}
