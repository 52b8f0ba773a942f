/** One tensor of a model, row-major, on the CPU. */
export interface Weight {
  /** Size of each dimension. */
  shape: number[];
  /** The values, row by row. */
  data: Float32Array;
}

/** A model's tensors by PyTorch's name (the keys of its state dict), in the state dict's order. */
export type Weights = Map<string, Weight>;
