/** One tensor of a model, row-major, on the CPU. */
export interface Weight {
  shape: number[];
  data: Float32Array;
}

/** A model's tensors by PyTorch's name (the keys of its state dict), in the state dict's order. */
export type Weights = Map<string, Weight>;
