import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { Third } from "./context.js";
import { HALF } from "./names.js";

/**
 * One weight as the graph is fed it: a tensor of the state dict, or one third of the rows of an attention
 * layer's joint projection. Each third is a view of the same memory, so nothing is copied.
 */
export interface Slot {
  /** Name of the graph's input. */
  input: string;
  /** Name in the state dict. */
  key: string;
  shape: number[];
  /** First element within the state dict's tensor. */
  offset: number;
}

/** The weights that a graph turns out to use, as inputs made on first use. */
export class Slots {
  readonly all: Slot[] = [];
  private readonly tensors = new Map<string, Tensor>();
  private readonly halves = new Map<string, Tensor>();

  /** @param data of a weight by its name in the state dict: when given, the weights stand in the graph, and nothing is fed */
  constructor(
    private readonly g: Graph,
    private readonly shapes: ReadonlyMap<string, number[]>,
    private readonly data?: (key: string) => Float32Array,
  ) {}

  /** @throws where a tensor is asked for both whole and by thirds: each would learn by itself */
  tensor(key: string, third?: Third): Tensor {
    const input = third ? `${key}.${third}` : key;
    const known = this.tensors.get(input);
    if (known) return known;
    if (this.all.some((s) => s.key === key && (!third || s.input === key)))
      throw new Error(`"${key}" is used both whole and by thirds.`);
    const whole = this.shapes.get(key);
    if (!whole) throw new Error(`The architecture has no parameter "${key}".`);
    const slot = slotOf(key, whole, third);
    this.all.push(slot);
    const tensor = this.data
      ? this.g.weight(input, slotView(slot, this.data(key)), slot.shape)
      : this.g.input(input, "float32", slot.shape);
    this.tensors.set(input, tensor);
    return tensor;
  }

  /** The tensor that a slot stands for. */
  current(slot: Slot): Tensor {
    return this.tensors.get(slot.input)!;
  }

  /** A whole tensor of the state dict in float16: input `half.<slot>`, made on first use. */
  narrow(key: string): Tensor {
    const known = this.halves.get(key);
    if (known) return known;
    const { shape } = this.tensor(key);
    const tensor = this.g.input(HALF + key, "float16", shape);
    this.halves.set(key, tensor);
    return tensor;
  }
}

/** Where a tensor of the state dict, of shape `whole`, or one third of its rows is to be found. */
export function slotOf(key: string, whole: number[], third?: Third): Slot {
  if (!third) return { input: key, key, shape: whole, offset: 0 };
  const shape = [whole[0] / 3, ...whole.slice(1)];
  const size = shape.reduce((a, b) => a * b, 1);
  return { input: `${key}.${third}`, key, shape, offset: "qkv".indexOf(third) * size };
}

/** The elements of a slot within its tensor of the state dict. */
export function slotView(slot: Slot, data: Float32Array): Float32Array {
  return data.subarray(slot.offset, slot.offset + slot.shape.reduce((a, b) => a * b, 1));
}
