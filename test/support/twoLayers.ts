import type { Weights } from "../../src/checkpoint/weights.js";
import type { ModelArgs } from "../../src/model/args.js";
import { parameterShapes } from "../../src/model/parameters.js";
import { Random } from "../../src/support/random.js";
import type { TokenBatch } from "../../src/train/engine.js";
import { initialWeights } from "../../src/train/initialise.js";
import type { TrainerSpec } from "../../src/train/trainer.js";

/** A model of two layers × 64. */
export const smallArgs: ModelArgs = {
  ...{ embsize: 64, nheads: 4, d_hid: 64, nlayers: 2, n_layers_cls: 3, dropout: 0.2, pad_token: "<pad>" },
  ...{ pad_value: -2, mask_value: -1, n_bins: 51, input_emb_style: "continuous", cell_emb_style: "cls" },
};

export function smallSpec(changes: Partial<ModelArgs> = {}, genes = 60, classes = 5): TrainerSpec {
  return { args: { ...smallArgs, ...changes }, genes, classes };
}

export function randomWeights(spec: TrainerSpec, seed = 1): Weights {
  const random = new Random(seed);
  return initialWeights(parameterShapes(spec.args, spec), () => random.uniform());
}

/** Cells of random genes and values, of which each has one token less than the one before; row 0 is padding. */
export function randomBatch(spec: TrainerSpec, cells: number, length: number, seed = 1): TokenBatch {
  const random = new Random(seed, 77);
  const genes = new Int32Array(cells * length);
  const values = new Float32Array(cells * length).fill(spec.args.pad_value);
  for (let cell = 0; cell < cells; cell++)
    for (let n = 0; n < length - cell; n++) {
      genes[cell * length + n] = n === 0 ? 1 : 2 + random.below(spec.genes - 2);
      values[cell * length + n] = n === 0 ? 0 : random.below(spec.args.n_bins);
    }
  return {
    batch: { cells: Int32Array.from({ length: cells }, (_, i) => i), length, genes, values },
    labels: Int32Array.from({ length: cells }, (_, i) => i % spec.classes),
  };
}

/** Some cells of a batch, at the same length. */
export function cellsOf({ batch, labels }: TokenBatch, from: number, to: number): TokenBatch {
  const { cells, length, genes, values } = batch;
  const tokens: [number, number] = [from * length, to * length];
  return {
    batch: {
      cells: cells.slice(from, to),
      length,
      genes: genes.slice(...tokens),
      values: values.slice(...tokens),
    },
    labels: labels.slice(from, to),
  };
}
