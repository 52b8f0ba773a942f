import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { oddKeys } from "../model/context.js";
import { parameterShapes } from "../model/parameters.js";
import type { Device } from "../runtime/session.js";
import { type PlannedStep, Trainer, type TrainerSpec } from "./trainer.js";

/** What came of a small training step on a device. */
export interface Trial {
  loss: number;
  gradNorm: number;
  seconds: number;
}

/** A device's loss on the trial must agree with the CPU's so well. */
export const AGREEMENT = 1e-3;

const TRIAL: ModelArgs = {
  embsize: 256,
  nheads: 4,
  d_hid: 256,
  nlayers: 2,
  n_layers_cls: 2,
  dropout: 0,
  pad_token: "<pad>",
  pad_value: -2,
  mask_value: -1,
  n_bins: 51,
  input_emb_style: "continuous",
  cell_emb_style: "cls",
};

/** Two training steps of a small model: the first warms up (a GPU compiles its shaders), the second is timed. */
export async function trial(device: Device): Promise<Trial> {
  const spec: TrainerSpec = { args: TRIAL, genes: 64, classes: 4 };
  const trainer = await Trainer.create(spec, trialWeights(spec), { device, seed: 0 });
  try {
    await trainer.step([trialBatch()], 1e-4);
    const { loss, gradNorm, seconds } = await trainer.step([trialBatch()], 1e-4);
    return { loss, gradNorm, seconds };
  } finally {
    await trainer.release();
  }
}

/** How far a trial's loss and the norm of its gradients are from the CPU's, relative to them. */
export function distance(of: Trial, cpu: Trial): { loss: number; gradNorm: number } {
  const off = (key: "loss" | "gradNorm") => Math.abs(of[key] - cpu[key]) / cpu[key];
  return { loss: off("loss"), gradNorm: off("gradNorm") };
}

function trialWeights({ args, ...size }: TrainerSpec): Weights {
  const weights: Weights = new Map();
  let stream = 0;
  for (const [name, shape] of parameterShapes(args, size)) {
    const keys = oddKeys(
      shape.reduce((a, b) => a * b, 1),
      0,
      stream++,
    );
    weights.set(name, { shape, data: Float32Array.from(keys, (k) => k / 2 ** 35) });
  }
  return weights;
}

function trialBatch(): PlannedStep["micro"][number] {
  const [cells, length] = [4, 256];
  const genes = Int32Array.from({ length: cells * length }, (_, i) => (i % length === 0 ? 1 : 2 + (i % 62)));
  const values = Float32Array.from(genes, (_, i) => (i % length === 0 ? 0 : i % 51));
  const labels = Int32Array.from({ length: cells }, (_, i) => i);
  return { batch: { cells: labels, length, genes, values }, labels };
}
