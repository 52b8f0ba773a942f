import type { Weights } from "../checkpoint/weights.js";
import { predictCells } from "../predict/cells.js";
import { crossEntropy } from "../predict/crossEntropy.js";
import { Predictor } from "../predict/predictor.js";
import type { Communicator } from "../runtime/communicator.js";
import type { Device } from "../runtime/session.js";
import { assembleBatch, cellLength } from "../tokenize/batches.js";
import { maskValues } from "../tokenize/mask.js";
import type { WholeStep } from "./engine.js";
import { maskedIn } from "./feeds.js";
import type { EpochEvent, TrainingPlan } from "./plan.js";
import { onAny } from "./ranks.js";
import type { LabelledBatch, TokenBatch, TrainerSpec } from "./trainer.js";

/** How well a model does on the cells kept back. */
export type Validation = Pick<EpochEvent, "parts"> & { loss: number; error: number | null };

/** Where the loop has its batches from, and what says how well it does on the cells kept back. */
export interface Source {
  /** The cells of a step in pieces that the device can hold. */
  micro(cells: Int32Array, epoch: number): LabelledBatch[];
  /** What a part of a step's cells must know of all of them. */
  extent(cells: Int32Array, epoch: number): Pick<WholeStep, "length" | "masked">;
  /** Tokens of a step with padding, by which its time is forecast. */
  tokens(cells: Int32Array): number;
  /** On every rank the same. Undefined when `goOn` ended it early, on any of them. */
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
    protected readonly ranks?: Communicator,
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

  extent(cells: Int32Array, epoch: number): Pick<WholeStep, "length" | "masked"> {
    const masks = (this.plan.maskRatio ?? 0) > 0;
    return { length: this.longest(cells), masked: masks ? maskedIn(this.batch(cells, epoch)) : 0 };
  }

  tokens(cells: Int32Array): number {
    return this.pieces(cells).reduce((sum, piece) => sum + this.longest(piece) * piece.length, 0);
  }

  private longest(cells: Int32Array): number {
    const { tokens, maxSeqLen } = this.plan;
    return cells.reduce((most, cell) => Math.max(most, cellLength(tokens, cell, maxSeqLen)), 0);
  }

  async validate(weights: Weights, goOn: () => boolean): Promise<Validation | undefined> {
    const { plan, spec, device, ranks } = this;
    if (this.predictor) this.predictor.setWeights(weights);
    else this.predictor = await openPredictor(plan, spec, device, weights);
    const logits = await applyModel(plan, this.predictor, plan.validation, "logits", goOn, ranks);
    return logits && classError(plan, logits);
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

/**
 * What a model says of some of the plan's cells, of whose batches each rank takes its share; undefined when `goOn` ended it
 * early, on any of them. The batches are those that one process would make, and so are the numbers.
 */
export async function applyModel(
  plan: TrainingPlan,
  model: Predictor,
  cells: Int32Array,
  what: "logits" | "embeddings",
  goOn: () => boolean,
  ranks: Communicator | undefined,
): Promise<Float32Array | undefined> {
  const { microBatch, batchLabels, maxSeqLen, seed, args, tokens, classes } = plan;
  const options = { batchSize: microBatch, batchLabels, maxSeqLen, padValue: args.pad_value, seed };
  const takes = ranks && ((batch: number) => batch % ranks.size === ranks.rank);
  const outputs = await predictCells(model, tokens, cells, options, goOn, takes);
  if (!ranks) return outputs?.[what];
  if (await onAny(ranks, outputs === undefined)) return undefined;
  const all = new Float32Array(cells.length * (what === "logits" ? classes : args.embsize));
  all.set(outputs![what]);
  await ranks.sum(all);
  return all;
}
