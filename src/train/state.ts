import type * as ort from "onnxruntime-node";
import type { Weight, Weights } from "../checkpoint/weights.js";
import { type Slot, slotView } from "../model/slots.js";
import { tensor } from "../runtime/session.js";

/** A copy of every tensor. */
export function copyWeights(weights: Weights): Weights {
  return new Map([...weights].map(([name, w]) => [name, { shape: w.shape, data: w.data.slice() }]));
}

/** Tensors of zeros, of the shapes of those named. */
export function zerosLike(weights: Weights, names: Iterable<string>): Weights {
  return new Map(
    [...new Set(names)].map((name): [string, Weight] => {
      const { shape, data } = weights.get(name)!;
      return [name, { shape, data: new Float32Array(data.length) }];
    }),
  );
}

/** The slots as onnxruntime tensors over the weights' own memory, named `prefix` + the slot's input. */
export function slotTensors(slots: Slot[], weights: Weights, prefix = ""): Record<string, ort.Tensor> {
  return Object.fromEntries(
    slots.map((s) => [prefix + s.input, tensor("float32", slotView(s, weights.get(s.key)!.data), s.shape)]),
  );
}
