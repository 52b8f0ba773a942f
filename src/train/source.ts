import type { Weights } from "../checkpoint/weights.js";
import { predictCells } from "../predict/cells.js";
import { crossEntropy } from "../predict/crossEntropy.js";
import { Predictor } from "../predict/predictor.js";
import type { Device } from "../runtime/session.js";
import { assembleBatch, cellLength } from "../tokenize/batches.js";
import { maskValues } from "../tokenize/mask.js";
import type { EpochEvent, TrainingPlan } from "./plan.js";
import type { LabelledBatch, TokenBatch, TrainerSpec } from "./trainer.js";

/** How well a model does on the cells kept back. */
export type Validation = Pick<EpochEvent, "parts"> & { loss: number; error: number | null };

/** Where the loop has its batches from, and what says how well it does on the cells kept back. */
export interface Source {
  /** The cells of a step in pieces that the device can hold. */
  micro(cells: Int32Array, epoch: number): LabelledBatch[];
  /** Tokens of a step with padding, by which its time is forecast. */
  tokens(cells: Int32Array): number;
  /** Undefined when `goOn` ended it early. */
  validate(weights: Weights, goOn: () => boolean): Promise<Validation | undefined>;
  release(): Promise<void>;
}

/** Batches of tokens, for a model that is trained whole or in good part. */
export class TokenSource implements Source {
  /** Stands from the first validation on: on a GPU, to open one takes longer than a small epoch. */
  private predictor?: Predictor;

  constructor(
    protected readonly plan: TrainingPlan,
    protected readonly spec: TrainerSpec,
    protected readonly device: Device,
  ) {}

  micro(cells: Int32Array, epoch: number): LabelledBatch[] {
    return this.pieces(cells).map((piece) => this.batch(piece, epoch));
  }

  /** Some cells with their answers, as they are in an epoch. */
  protected batch(cells: Int32Array, epoch: number): TokenBatch {
    const { maxSeqLen, seed, batchLabels, labels, args, tokens, maskRatio: ratio = 0 } = this.plan;
    const whole = assembleBatch(tokens, cells, { maxSeqLen, padValue: args.pad_value, seed, epoch });
    const maskValue = args.mask_value;
    return {
      ...(ratio > 0 ? maskValues(whole, tokens, { ratio, maskValue, seed, epoch }) : { batch: whole }),
      labels: cells.map((cell) => labels[cell]),
      batchLabels: batchLabels && cells.map((cell) => batchLabels[cell]),
    };
  }

  tokens(cells: Int32Array): number {
    const { tokens, maxSeqLen } = this.plan;
    return this.pieces(cells).reduce((sum, piece) => {
      const longest = piece.reduce((most, cell) => Math.max(most, cellLength(tokens, cell, maxSeqLen)), 0);
      return sum + longest * piece.length;
    }, 0);
  }

  async validate(weights: Weights, goOn: () => boolean): Promise<Validation | undefined> {
    const { plan, spec, device } = this;
    if (this.predictor) this.predictor.setWeights(weights);
    else this.predictor = await openPredictor(plan, spec, device, weights);
    const outputs = await applyModel(plan, this.predictor, plan.validation, goOn);
    return outputs && classError(plan, outputs.logits);
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

/** How well the validation cells are told apart by their logits. */
export function classError({ validation, labels, classWeights }: TrainingPlan, logits: Float32Array) {
  const truth = validation.map((cell) => labels[cell]);
  return crossEntropy(logits, truth, classWeights);
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
