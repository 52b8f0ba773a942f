import { Graph } from "../graph/graph.js";
import { kernelAdam } from "../graph/kernels.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type AdamOptions, type AdamStep, adam } from "../graph/optimizer.js";
import type { Tensor } from "../graph/tensor.js";
import type { Slot } from "./slots.js";

/** The numbers that `kernelUpdateGraph` is fed. */
export { kernelAdamScalars } from "../graph/kernels.js";

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

/**
 * Builds the same for parameters in one piece, by one kernel. Inputs: `scalars` [8] (`kernelAdamScalars`) in place of the
 * single numbers; one output more, `half.<slot>`, the new weight in float16.
 */
export function kernelUpdateGraph({ input, shape }: Slot): Uint8Array {
  const g = new Graph();
  const [w, m, v, gradient] = ["", "m.", "v.", "grad."].map((p) => g.input(p + input, "float32", shape));
  const made = kernelAdam(g, w, m, v, gradient, g.input("scalars", "float32", [8]));
  for (const [i, prefix] of ["new.", "newm.", "newv.", "half."].entries()) g.output(prefix + input, made[i]);
  return encodeOnnx(g);
}

/** Builds the rounding of weights to float16: `<slot>` makes `half.<slot>`. */
export function halfGraph({ input, shape }: Slot): Uint8Array {
  const g = new Graph();
  g.output(`half.${input}`, g.cast(g.input(input, "float32", shape), "float16"));
  return encodeOnnx(g);
}

/** Builds the sum of two sets of derivatives: `sum.<slot>` and `grad.<slot>` make `sum'.<slot>`, in place if need be. */
export function additionGraph(slots: Slot[]): Uint8Array {
  const g = new Graph();
  for (const { input, shape } of slots) {
    const [sum, gradient] = ["sum.", "grad."].map((p) => g.input(p + input, "float32", shape));
    g.output(`sum'.${input}`, g.node("Add", [sum, gradient], "float32", shape));
  }
  return encodeOnnx(g);
}

/**
 * Builds the sum of the squares of all derivatives `grad.<slot>`: `squares` []. Row by row first, so that many are added
 * up at once, and the sum's rounding does not grow with the number of elements.
 */
export function squaresGraph(slots: Slot[]): Uint8Array {
  const g = new Graph();
  const sums = slots.map(({ input, shape }) => {
    const x = g.input(`grad.${input}`, "float32", shape);
    const rows = shape.slice(0, -1);
    const squares = g.node("ReduceSumSquare", [x, g.integers([-1])], "float32", rows, { keepdims: 0 });
    return rows.length === 0 ? squares : g.node("ReduceSum", [squares], "float32", [], { keepdims: 0 });
  });
  const total = sums.reduce((a: Tensor, b) => g.node("Add", [a, b], "float32", []));
  g.output("squares", total);
  return encodeOnnx(g);
}
