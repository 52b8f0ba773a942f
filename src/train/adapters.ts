import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import {
  adaptedMatrices,
  adapterNames,
  adapterShapes,
  isAdapter,
  type Lora,
  stacked,
} from "../model/lora.js";
import { type ModelSize, parameterShapes } from "../model/parameters.js";
import type { TrainingSettings } from "../settings/training.js";
import { Random } from "../support/random.js";

/** Stream of the adapters' start among those of a seed. */
const STREAM = 0x10ca;

/** The adapters that a training has by its options; none without `lora`. */
export function loraOf({
  lora,
  loraAlpha,
  loraTargets,
}: Partial<Pick<TrainingSettings, "lora" | "loraAlpha" | "loraTargets">>): Lora | undefined {
  if (lora === undefined) return undefined;
  return { rank: lora, alpha: loraAlpha ?? lora, targets: loraTargets ?? ["in_proj"] };
}

/**
 * Weights with their adapters; those that are not there yet start as in Hu et al. 2021's code: A uniform within ±1/√inputs
 * (Kaiming with a = √5), B at 0, so that the model is at first what it was.
 */
export function withAdapters(
  weights: Weights,
  args: ModelArgs,
  size: ModelSize,
  lora: Lora,
  seed: number,
): Weights {
  const random = new Random(seed, STREAM);
  const all: Weights = new Map(weights);
  const [ofA] = adapterNames("");
  for (const [name, shape] of adapterShapes(args, parameterShapes(args, size), lora)) {
    if (weights.has(name)) continue;
    const data = new Float32Array(shape[0] * shape[1]);
    const bound = 1 / Math.sqrt(shape[1]);
    if (name.endsWith(ofA))
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * bound;
    all.set(name, { shape, data });
  }
  return all;
}

/** The model's own weights, W + (alpha / rank) B A for each matrix that has an adapter. What has none is not copied. */
export function mergedWeights(weights: Weights, args: ModelArgs, lora: Lora): Weights {
  const merged: Weights = new Map([...weights].filter(([name]) => !isAdapter(name)));
  for (const matrix of adaptedMatrices(args, lora)) {
    const { shape, data } = weights.get(matrix)!;
    const [down, up] = adapterNames(matrix).map((name) => weights.get(name)!.data);
    merged.set(matrix, { shape, data: addProduct(data, shape, down, up, lora, stacked(matrix)) });
  }
  return merged;
}

/** W + (alpha / rank) B A, of `parts` matrices that lie under each other; added up in float64. */
function addProduct(
  w: Float32Array,
  [outputs, inputs]: number[],
  down: Float32Array,
  up: Float32Array,
  { rank, alpha }: Lora,
  parts: number,
): Float32Array {
  const sum = new Float32Array(w.length);
  const row = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    const part = Math.floor((o * parts) / outputs);
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = (alpha / rank) * up[o * rank + r];
      const from = (part * rank + r) * inputs;
      for (let i = 0; i < inputs; i++) row[i] += factor * down[from + i];
    }
    for (let i = 0; i < inputs; i++) sum[o * inputs + i] = w[o * inputs + i] + row[i];
  }
  return sum;
}
