import type { Weights } from "../checkpoint/weights.js";
import { predictCells } from "../predict/cells.js";
import { Predictor } from "../predict/predictor.js";
import type { Device } from "../runtime/session.js";
import { assembleBatch, cellLength } from "../tokenize/batches.js";
import type { TrainingPlan } from "./plan.js";
import type { LabelledBatch, TrainerSpec } from "./trainer.js";

/** Where the loop has its batches from, and what says how well it does on the cells kept back. */
export interface Source {
  /** The cells of a step in pieces that the device can hold. */
  micro(cells: Int32Array, epoch: number): LabelledBatch[];
  /** Tokens of a step with padding, by which its time is forecast. */
  tokens(cells: Int32Array): number;
  /** Logits of the validation cells; undefined when `goOn` ended it early. */
  validate(weights: Weights, goOn: () => boolean): Promise<Float32Array | undefined>;
  release(): Promise<void>;
}

/** Batches of tokens, for a model that is trained whole or in good part. */
export class TokenSource implements Source {
  /** Stands from the first validation on: on a GPU, to open one takes longer than a small epoch. */
  private predictor?: Predictor;

  constructor(
    private readonly plan: TrainingPlan,
    private readonly spec: TrainerSpec,
    private readonly device: Device,
  ) {}

  micro(cells: Int32Array, epoch: number): LabelledBatch[] {
    const { maxSeqLen, seed, batchLabels, labels, args, tokens } = this.plan;
    return this.pieces(cells).map((piece) => ({
      batch: assembleBatch(tokens, piece, { maxSeqLen, padValue: args.pad_value, seed, epoch }),
      labels: piece.map((cell) => labels[cell]),
      batchLabels: batchLabels && piece.map((cell) => batchLabels[cell]),
    }));
  }

  tokens(cells: Int32Array): number {
    const { tokens, maxSeqLen } = this.plan;
    return this.pieces(cells).reduce((sum, piece) => {
      const longest = piece.reduce((most, cell) => Math.max(most, cellLength(tokens, cell, maxSeqLen)), 0);
      return sum + longest * piece.length;
    }, 0);
  }

  async validate(weights: Weights, goOn: () => boolean): Promise<Float32Array | undefined> {
    const { plan, spec, device } = this;
    if (this.predictor) this.predictor.setWeights(weights);
    else this.predictor = await openPredictor(plan, spec, device, weights);
    return (await applyModel(plan, this.predictor, plan.validation, goOn))?.logits;
  }

  async release(): Promise<void> {
    await this.predictor?.release();
  }

  private pieces(cells: Int32Array): Int32Array[] {
    const { microBatch } = this.plan;
    const count = Math.ceil(cells.length / microBatch);
    return Array.from({ length: count }, (_, i) => cells.subarray(i * microBatch, (i + 1) * microBatch));
  }
}

/** A model ready to be applied to the plan's cells. */
export function openPredictor(
  plan: TrainingPlan,
  spec: TrainerSpec,
  device: Device,
  weights: Weights,
): Promise<Predictor> {
  return Predictor.create(spec, weights, { device, threads: plan.threads, half: plan.amp });
}

/** What a model says of some of the plan's cells; undefined when `goOn` ended it early. */
export function applyModel(plan: TrainingPlan, model: Predictor, cells: Int32Array, goOn: () => boolean) {
  const { microBatch, batchLabels, maxSeqLen, seed, args, tokens } = plan;
  const options = { batchSize: microBatch, batchLabels, maxSeqLen, padValue: args.pad_value, seed };
  return predictCells(model, tokens, cells, options, goOn);
}
