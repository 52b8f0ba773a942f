import type { Graph } from "./graph.js";
import { GraphError, showShape, type Tensor } from "./tensor.js";

/** A weight in 8-bit integers, each block of an output's inputs by a scale of its own. */
export interface RoundedWeight {
  inputs: number;
  outputs: number;
  /** Inputs a block. */
  block: number;
  /** Uint8 [outputs × blocks × block]: (data − 128) · scale is the weight; 128 fills up the last block. */
  data: Uint8Array;
  /** Float32 [outputs × blocks] */
  scale: Float32Array;
}

/** Block lengths that the operator knows; long ones are faster. */
const BLOCKS = [256, 128, 64, 32, 16];

/**
 * Rounds a `Linear` layer's weight to −127 … 127, symmetric, each block by its own largest element.
 * @param weight Float32 [outputs × inputs]
 */
export function roundWeight(weight: Float32Array, outputs: number): RoundedWeight {
  const inputs = weight.length / outputs;
  const block = BLOCKS.find((length) => inputs % length === 0) ?? 16;
  const blocks = Math.ceil(inputs / block);
  const data = new Uint8Array(outputs * blocks * block).fill(128);
  const scale = new Float32Array(outputs * blocks);
  for (let j = 0; j < outputs; j++) {
    for (let k = 0; k < blocks; k++) {
      const part = weight.subarray(j * inputs + k * block, j * inputs + Math.min((k + 1) * block, inputs));
      const at = j * blocks + k;
      scale[at] = part.reduce((largest, w) => Math.max(largest, Math.abs(w)), 0) / 127 || 1;
      part.forEach((w, i) => {
        data[at * block + i] = 128 + Math.round(w / scale[at]);
      });
    }
  }
  return { inputs, outputs, block, data, scale };
}

/** `accuracy_level` of the operator: x is rounded to 8 bits. */
const INT8 = 4;

/**
 * x Wᵀ + b in 8-bit integers, summed in 32 bit: each block of each row of x is rounded by its own largest element
 * when the graph runs, so that neither a token nor a column of large values costs the others theirs.
 * Without a derivative.
 * Operator: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 *
 * @param x [rows, inputs]
 * @param b [outputs]
 * @returns [rows, outputs]
 */
export function roundedLinear(g: Graph, x: Tensor, weight: RoundedWeight, b: Tensor): Tensor {
  const { inputs, outputs, block, data, scale } = weight;
  if (x.dim(1) !== inputs || b.dim(0) !== outputs)
    throw new GraphError(`roundedLinear: input ${showShape(x.shape)}, weight [${outputs}, ${inputs}]`);
  const w = g.constant(data, "uint8", [outputs, data.length / outputs / block, block]);
  const s = g.constant(scale, "float32", [scale.length]);
  return g.nodesOf(
    "MatMulNBits",
    [x, w, s, undefined, undefined, b],
    [{ dtype: "float32", shape: [x.dim(0), outputs] }],
    { K: inputs, N: outputs, bits: 8, block_size: block, accuracy_level: INT8 },
    "com.microsoft",
  )[0];
}
