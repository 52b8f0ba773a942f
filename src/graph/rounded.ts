import type { Graph } from "./graph.js";
import { GraphError, showShape, type Tensor } from "./tensor.js";

/** A weight in 8-bit integers: element [i, j] stands for `data[i, j] · scale[j]`. */
export interface RoundedWeight {
  /** Int8 [in × out]: the transpose of PyTorch's order. */
  data: Int8Array;
  /** Float32 [out] */
  scale: Float32Array;
}

/**
 * Rounds a `Linear` layer's weight to −127 … 127, symmetric, each output by its own largest element.
 * @param weight Float32 [out × in]
 */
export function roundWeight(weight: Float32Array, outputs: number): RoundedWeight {
  const inputs = weight.length / outputs;
  const data = new Int8Array(weight.length);
  const scale = new Float32Array(outputs);
  for (let j = 0; j < outputs; j++) {
    const row = weight.subarray(j * inputs, (j + 1) * inputs);
    let largest = 0;
    for (const w of row) largest = Math.max(largest, Math.abs(w));
    scale[j] = largest / 127 || 1;
    for (let i = 0; i < inputs; i++) data[i * outputs + j] = Math.round(row[i] / scale[j]);
  }
  return { data, scale };
}

/**
 * x W + b in 8-bit integers, summed in 32 bit: x is rounded to 0 … 255 between its smallest and largest
 * element when the graph runs (dynamic quantisation; Jacob et al. 2018). Without a derivative.
 * @param x [rows, in]
 * @param b [out]
 * @returns [rows, out]
 */
export function roundedLinear(g: Graph, x: Tensor, weight: RoundedWeight, b: Tensor): Tensor {
  const outputs = weight.scale.length;
  const inputs = weight.data.length / outputs;
  if (x.dim(1) !== inputs || b.dim(0) !== outputs)
    throw new GraphError(`roundedLinear: input ${showShape(x.shape)}, weight [${inputs}, ${outputs}]`);
  const [q, scale, zero] = g.nodesOf(
    "DynamicQuantizeLinear",
    [x],
    [
      { dtype: "uint8", shape: x.shape },
      { dtype: "float32", shape: [] },
      { dtype: "uint8", shape: [] },
    ],
  );
  const w = g.constant(weight.data, "int8", [inputs, outputs]);
  const s = g.constant(weight.scale, "float32", [outputs]);
  return g.nodesOf(
    "MatMulIntegerToFloat",
    [q, w, scale, s, zero, undefined, b],
    [{ dtype: "float32", shape: [x.dim(0), outputs] }],
    {},
    "com.microsoft",
  )[0];
}
