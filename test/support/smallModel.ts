import type { Weights } from "../../src/checkpoint/weights.js";
import type { ModelArgs } from "../../src/model/args.js";
import { parameterShapes } from "../../src/model/parameters.js";
import type { TokenStep, TrainerSpec } from "../../src/train/trainer.js";

/** A small model of the fine-tuning protocol's kind. */
export function smallSpec(changes: Partial<ModelArgs> = {}): TrainerSpec {
  const args: ModelArgs = {
    embsize: 32,
    nheads: 2,
    d_hid: 32,
    nlayers: 2,
    n_layers_cls: 2,
    dropout: 0.2,
    pad_token: "<pad>",
    pad_value: -2,
    mask_value: -1,
    n_bins: 51,
    input_emb_style: "continuous",
    cell_emb_style: "cls",
    ...changes,
  };
  return { args, genes: 40, classes: 4 };
}

/** Seeded uniform numbers in [0, 1) (a linear congruential generator: the tests need no better). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Weights for a spec: norms at 1 and 0, the rest uniform in ±`most`. */
export function smallWeights({ args, ...size }: TrainerSpec, seed = 1, most = 0.15): Weights {
  const random = uniform(seed);
  const weights: Weights = new Map();
  for (const [name, shape] of parameterShapes(args, size)) {
    const norm = /norm|_decoder\.[25]|running_var/.test(name);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (random() - 0.5) * 2 * most;
    if (norm) data.fill(name.endsWith("bias") ? 0 : 1);
    weights.set(name, { shape, data });
  }
  return weights;
}

/** Steps of `cells` cells of up to `length` tokens, the last cell padded. */
export function smallSteps(spec: TrainerSpec, count: number, cells = 3, length = 16, seed = 2): TokenStep[] {
  const random = uniform(seed);
  const integer = (n: number) => Math.floor(random() * n);
  return Array.from({ length: count }, () => {
    const genes = Int32Array.from({ length: cells * length }, () => 2 + integer(spec.genes - 2));
    const values = Float32Array.from(genes, () => 1 + integer(50));
    for (let b = 0; b < cells; b++) {
      genes[b * length] = 1;
      values[b * length] = 0;
    }
    genes.fill(0, cells * length - 3);
    values.fill(-2, cells * length - 3);
    const batch = { cells: Int32Array.from({ length: cells }, (_, i) => i), length, genes, values };
    const labels = Int32Array.from({ length: cells }, () => integer(spec.classes));
    return { micro: [{ batch, labels }], learningRate: 1e-3 };
  });
}
