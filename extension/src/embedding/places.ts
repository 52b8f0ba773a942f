import { shuffled } from "../../../src/views/contract.js";

/** Where an embedding's cells lie. */
export interface Places {
  /** [cells] each, −1 … 1. */
  x: Float32Array;
  y: Float32Array;
  /** The cells that lie anywhere. */
  placed: Uint32Array;
}

/** The placed cells as they are drawn: shuffled, always the same way, so that no class of sorted data covers the others. */
export interface Drawn {
  order: Uint32Array;
  /** Where they lie, in this order. */
  x: Float32Array;
  y: Float32Array;
}

const known = new WeakMap<Uint32Array, Drawn>();

/** An embedding's cells as all its panels draw them. */
export function drawn({ x, y, placed }: Places): Drawn {
  const found = known.get(placed);
  if (found) return found;
  const order = shuffled(placed.length).map((at) => placed[at]);
  const made = { order, x: inOrder(x, order), y: inOrder(y, order) };
  known.set(placed, made);
  return made;
}

/** Values of cells in the order in which the cells are drawn: a painter reads them one after the other. */
export function inOrder<T extends Uint8Array | Uint16Array | Float32Array>(values: T, order: Uint32Array): T {
  const sorted = new (values.constructor as new (size: number) => T)(order.length);
  for (let n = 0; n < order.length; n++) sorted[n] = values[order[n]];
  return sorted;
}
