import { inOrder, shuffled } from "../../../src/views/contract.js";

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
  const order = inOrder(placed, shuffled(placed.length));
  const made = { order, x: inOrder(x, order), y: inOrder(y, order) };
  known.set(placed, made);
  return made;
}

const flags = new WeakMap<Uint8Array, Uint8Array>();

/** Flags of cells in the order in which they are drawn, once for all panels that show them. */
export function drawnFlags(places: Places, picked: Uint8Array): Uint8Array {
  const found = flags.get(picked) ?? inOrder(picked, drawn(places).order);
  flags.set(picked, found);
  return found;
}

const pickedPlaces = new WeakMap<Uint8Array, Places>();

/** The picked cells of those that lie anywhere, once for all panels that name them. */
export function placesOfPicked(places: Places, picked: Uint8Array): Places {
  const found = pickedPlaces.get(picked);
  if (found) return found;
  // A loop, since this is done while the pointer goes over the classes, of a million cells at times.
  const cells = new Uint32Array(places.placed.length);
  let count = 0;
  for (const cell of places.placed) if (picked[cell] === 1) cells[count++] = cell;
  const made = { ...places, placed: cells.subarray(0, count) };
  pickedPlaces.set(picked, made);
  return made;
}
