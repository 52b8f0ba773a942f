import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { oddKeys } from "../model/context.js";
import { parameterShapes } from "../model/parameters.js";
import { seemsToHaveGpu } from "../runtime/hardware.js";
import type { DeviceChoice } from "../runtime/resolveDevice.js";
import type { Device } from "../runtime/session.js";
import { type PlannedStep, Trainer, type TrainerSpec } from "./trainer.js";

export interface ChosenDevice {
  device: Device;
  /** One sentence for the user. */
  why: string;
}

/** A GPU has to be this much faster than the CPU on the trial, else it is one in software, or too small to pay. */
const WORTHWHILE = 1.5;
/** The trial's losses must agree with the CPU's so well. */
const AGREEMENT = 1e-3;

/**
 * The device to train on. "auto" is the best that really works: each GPU provider is tried with a small training
 * step, whose loss must be the CPU's and whose time must be shorter.
 */
export async function chooseDevice(choice: DeviceChoice): Promise<ChosenDevice> {
  if (choice !== "auto") return { device: choice, why: `Trains on the device asked for (${choice}).` };
  if (!seemsToHaveGpu())
    return { device: "cpu", why: "Trains on the CPU: the machine seems to have no GPU." };
  const cpu = await trial("cpu");
  const refused: string[] = [];
  for (const device of ["cuda", "webgpu"] as const) {
    try {
      const gpu = await trial(device);
      const off = Math.abs(gpu.loss - cpu.loss) / cpu.loss;
      if (!(off < AGREEMENT)) refused.push(`${device} gave another loss`);
      else if (gpu.seconds * WORTHWHILE > cpu.seconds) refused.push(`${device} was no faster than the CPU`);
      else
        return {
          device,
          why: `Trains on ${device}: ${(cpu.seconds / gpu.seconds).toFixed(1)} times the CPU's speed on a trial.`,
        };
    } catch {
      refused.push(`${device} did not start`);
    }
  }
  return { device: "cpu", why: `Trains on the CPU: ${refused.join(", ")}.` };
}

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
async function trial(device: Device): Promise<{ loss: number; seconds: number }> {
  const spec: TrainerSpec = { args: TRIAL, genes: 64, classes: 4 };
  const trainer = await Trainer.create(spec, trialWeights(spec), { device, seed: 0 });
  try {
    await trainer.step([trialBatch()], 1e-4);
    const { loss, seconds } = await trainer.step([trialBatch()], 1e-4);
    return { loss, seconds };
  } finally {
    await trainer.release();
  }
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
