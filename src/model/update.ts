import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type AdamOptions, type AdamStep, adam } from "../graph/optimizer.js";
import type { Slot } from "./slots.js";

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
