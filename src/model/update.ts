import { Graph } from "../graph/graph.js";
import { kernelAdam } from "../graph/kernels.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type AdamOptions, type AdamStep, adam } from "../graph/optimizer.js";
import type { Tensor } from "../graph/tensor.js";
import { GRADIENT, HALF, M, NEW, NEW_M, NEW_SUM, NEW_V, SUM, V } from "./names.js";
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
    const [w, gradient, m, v] = ["", GRADIENT, M, V].map((p) => g.input(p + input, "float32", shape));
    const updated = adam(g, w, gradient, m, v, step, options);
    g.output(NEW + input, updated.weight);
    g.output(NEW_M + input, updated.m);
    g.output(NEW_V + input, updated.v);
  }
  return encodeOnnx(g);
}

/**
 * Builds the same for parameters in one piece, by one kernel. Inputs: `scalars` [8] (`kernelAdamScalars`) in place of the
 * single numbers; one output more, `half.<slot>`, the new weight in float16.
 */
export function kernelUpdateGraph({ input, shape }: Slot): Uint8Array {
  const g = new Graph();
  const [w, m, v, gradient] = ["", M, V, GRADIENT].map((p) => g.input(p + input, "float32", shape));
  const made = kernelAdam(g, w, m, v, gradient, g.input("scalars", "float32", [8]));
  for (const [i, prefix] of [NEW, NEW_M, NEW_V, HALF].entries()) g.output(prefix + input, made[i]);
  return encodeOnnx(g);
}

/** Builds the rounding of weights to float16: `<slot>` makes `half.<slot>`. */
export function halfGraph({ input, shape }: Slot): Uint8Array {
  const g = new Graph();
  g.output(HALF + input, g.cast(g.input(input, "float32", shape), "float16"));
  return encodeOnnx(g);
}

/** Builds the sum of two sets of derivatives: `sum.<slot>` and `grad.<slot>` make `sum'.<slot>`, in place if need be. */
export function additionGraph(slots: Slot[]): Uint8Array {
  const g = new Graph();
  for (const { input, shape } of slots) {
    const [sum, gradient] = [SUM, GRADIENT].map((p) => g.input(p + input, "float32", shape));
    g.output(NEW_SUM + input, g.node("Add", [sum, gradient], "float32", shape));
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
    const x = g.input(GRADIENT + input, "float32", shape);
    const rows = shape.slice(0, -1);
    const squares = g.node("ReduceSumSquare", [x, g.integers([-1])], "float32", rows, { keepdims: 0 });
    return rows.length === 0 ? squares : g.node("ReduceSum", [squares], "float32", [], { keepdims: 0 });
  });
  const total = sums.reduce((a: Tensor, b) => g.node("Add", [a, b], "float32", []));
  g.output("squares", total);
  return encodeOnnx(g);
}
