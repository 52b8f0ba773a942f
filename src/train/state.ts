import type * as ort from "onnxruntime-node";
import type { Weights } from "../checkpoint/weights.js";
import { type Slot, slotView } from "../model/slots.js";
import { tensor } from "../runtime/session.js";
import type { TrainingState } from "./engine.js";

/** A copy of every tensor. */
export function copyWeights(weights: Weights): Weights {
  return new Map([...weights].map(([name, w]) => [name, { shape: w.shape, data: w.data.slice() }]));
}

/** Puts zeros in `target` for every slot's tensor that it does not hold yet, of the shape it has in `like`. */
export function addZeros(target: Weights, slots: Slot[], like: Weights): void {
  for (const { key } of slots) {
    const { shape, data } = like.get(key)!;
    if (!target.has(key)) target.set(key, { shape, data: new Float32Array(data.length) });
  }
}

/** Gives Adam's moments to what is trained, and to nothing else. */
export function addMoments(state: TrainingState, trained: Slot[]): void {
  addZeros(state.m, trained, state.weights);
  addZeros(state.v, trained, state.weights);
}

/** The slots as onnxruntime tensors over the weights' own memory, named `prefix` + the slot's input. */
export function slotTensors(slots: Slot[], weights: Weights, prefix = ""): Record<string, ort.Tensor> {
  return Object.fromEntries(
    slots.map((s) => [prefix + s.input, tensor("float32", slotView(s, weights.get(s.key)!.data), s.shape)]),
  );
}
