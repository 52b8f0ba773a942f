import "./telemetry.js";

import * as ort from "onnxruntime-node";

/** Where a graph runs. */
export type Device = "cpu" | "webgpu" | "cuda";

export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;

/** A tensor over memory of ours: fed as it is, and written into when given as an output. */
export function tensor(type: ort.Tensor.Type, data: TypedArray, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor(type, data as never, dims);
}
