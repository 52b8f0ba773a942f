import { shuffled } from "../../../src/views/contract.js";

/** Where an embedding's cells lie. */
export interface Places {
  /** [cells] each, −1 … 1. */
  x: Float32Array;
  y: Float32Array;
  /** The cells that lie anywhere. */
  placed: Uint32Array;
}

const orders = new WeakMap<Uint32Array, Uint32Array>();

/** The placed cells as they are drawn: shuffled, always the same way, so that no class of sorted data covers the others. */
export function drawOrder({ placed }: Places): Uint32Array {
  const known = orders.get(placed);
  if (known) return known;
  const order = shuffled(placed.length).map((at) => placed[at]);
  orders.set(placed, order);
  return order;
}
