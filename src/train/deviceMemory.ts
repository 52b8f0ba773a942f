import type { ModelArgs } from "../model/args.js";
import { fitsKernels } from "../model/kernelLayer.js";
import { type ModelSize, parameterShapes } from "../model/parameters.js";
import { CellkernelError } from "../support/error.js";

// Coefficients from peaks of the 12 × 512 model on an H200 with CUDA 13, as the driver reports them (bench/results):
// with kernels 8 × 600, 8 × 1,501, 32 × 600 and 32 × 1,501 tokens take 2.1, 2.6, 3.3 and 5.7 GB, without (float32)
// 8 × 600 and 32 × 1,501 take 3.5 and 38.9 GB. The former are met within 3 %, the latter not undercut.

/** CUDA's context, the libraries' workspaces, onnxruntime's arenas, before the first tensor. */
const OVERHEAD = 1.35e9;
/** Bytes of a parameter: weight, gradient, two moments, and the weight in half precision. */
const PARAMETER = 18;
/** Vectors of the model's width that a token leaves in each layer for the derivative, in the kernels' float16. */
const KERNEL_VECTORS = 6.8;
/** The same in float32 without the kernels. */
const VECTORS = 10;
/**
 * Matrices of queries by keys, of one head of all cells, that are there at once: all heads in one node have as many as
 * there are heads of each of 11 or 12; one by one, onnxruntime still works on some heads before it is done with others
 * (counted by the stand-in: 21.7 GB for 32 × 1,501, without CUDA's context).
 */
const MATRICES = { batch: 11.4, heads: 34 };
/** What is not asked of the memory that is free. */
const RESERVE = 0.9;
/** A buffer of this size all WebGPU devices of today have room for. */
const WEBGPU_MATRIX = 512e6;

/** How the layers are computed: by kernels of our own, or by ONNX's operations, all heads at once or one by one. */
export type DeviceForm = "kernels" | "batch" | "heads";

/** The expected peak of the device's memory while a model is trained on it, in bytes. */
export function forecastDeviceMemory(
  args: ModelArgs,
  size: ModelSize,
  cells: number,
  length: number,
  form: DeviceForm,
): number {
  let parameters = 0;
  for (const shape of parameterShapes(args, size).values()) parameters += shape.reduce((a, b) => a * b, 1);
  const tokens = cells * length;
  const fixed = OVERHEAD + PARAMETER * parameters;
  if (form === "kernels") return fixed + 2 * KERNEL_VECTORS * args.embsize * args.nlayers * tokens;
  const layers = Math.max(1, args.nlayers - 1);
  const kept = tokens * ((VECTORS - 2) * args.embsize + 2 * args.d_hid) * layers;
  const matrices = form === "heads" ? MATRICES.heads : MATRICES.batch * args.nheads;
  return fixed + 4 * (kept + matrices * tokens * length);
}

export interface DevicePlan {
  /** Cells that the device takes at once. */
  microBatch: number;
  form: DeviceForm;
  /** One sentence for the user. */
  why: string;
}

/**
 * How a step's cells are best given to a device: all at once if they fit, else in pieces; without kernels, head by head
 * where that makes the pieces larger.
 * @param length tokens of the longest cell
 * @param free bytes of the device's memory that nobody holds; undefined where the device does not say (WebGPU)
 * @param half with products in float16, and so by the kernels where they fit the architecture
 * @throws where not even one cell fits
 */
export function planDeviceMemory(
  args: ModelArgs,
  size: ModelSize,
  batchSize: number,
  length: number,
  free: number | undefined,
  half: boolean,
): DevicePlan {
  if (free === undefined) {
    const matrix = 4 * batchSize * args.nheads * length ** 2;
    const form = matrix > WEBGPU_MATRIX ? "heads" : "batch";
    return { microBatch: batchSize, form, why: "The device does not say how much memory it has." };
  }
  const budget = free * RESERVE;
  const fits = (form: DeviceForm): number => {
    let cells = batchSize;
    while (cells > 1 && forecastDeviceMemory(args, size, cells, length, form) > budget)
      cells = Math.ceil(cells / 2);
    return forecastDeviceMemory(args, size, cells, length, form) > budget ? 0 : cells;
  };
  const forms: DeviceForm[] = half && fitsKernels(args) ? ["kernels"] : ["batch", "heads"];
  const plans = forms.map((form) => ({ form, microBatch: fits(form) }));
  const best = plans.reduce((a, b) => (b.microBatch > a.microBatch ? b : a));
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const needs = gigabytes(forecastDeviceMemory(args, size, Math.max(1, best.microBatch), length, best.form));
  if (best.microBatch === 0)
    throw new CellkernelError(
      "device",
      `One cell of ${length} tokens needs about ${needs} of the GPU's memory to train this model; ` +
        `${gigabytes(budget)} can be used. Set maxSeqLen lower, use mixed precision (amp), or train on the CPU.`,
      { option: "maxSeqLen", length },
    );
  const memory = `about ${needs} of the GPU's ${gigabytes(free)} free`;
  const why =
    best.microBatch === batchSize
      ? `The GPU takes each step's ${batchSize} cells at once: ${memory}.`
      : `The GPU takes each step of ${batchSize} cells in pieces of ${best.microBatch}: ${memory}.`;
  return { ...best, why };
}
