import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { Objective } from "../model/objectives.js";
import type { DeviceChoice } from "../runtime/resolveDevice.js";
import type { TrainingSettings } from "../settings/training.js";
import type { TokenStore } from "../tokenize/tokens.js";
import type { LoopState } from "./loopState.js";

/**
 * What stays as it was loaded: nothing; `encoders`, the gene and value encoders (the published
 * `freeze_predecoder`); `backbone`, everything below the class decoder; `base`, all of that, but not the adapters that learn
 * beside it (LoRA); or all but the class decoder and the last transformer layers.
 */
export type Freeze = "nothing" | "encoders" | "backbone" | "base" | { lastLayers: number };

/**
 * Everything that a training worker needs, in plain data: the options of the training, which come through as they were
 * given, and what was worked out from cells and model.
 */
export interface TrainingPlan extends Partial<Omit<TrainingSettings, "split" | "freeze">> {
  args: ModelArgs;
  /** Number of classes and of batches (where the model uses batch labels). */
  classes: number;
  batches?: number;
  /** Initial weights, the gene table cut to the store's rows. */
  weights: Weights;
  tokens: TokenStore;
  /** Int32 [cells of the store]: class of each; only cells of the split are looked at. */
  labels: Int32Array;
  /** Int32 [cells of the store]: batch of each, where the model uses it. */
  batchLabels?: Int32Array;
  /** Which cells. */
  train: Int32Array;
  validation: Int32Array;
  epochs: number;
  /** Cells an optimizer step. */
  batchSize: number;
  /** Cells that the device takes at once; a step accumulates over as many as it needs. */
  microBatch: number;
  /** Tokens a cell at most, `<cls>` included. */
  maxSeqLen: number;
  lr: number;
  /** The learning rate falls by `scheduleRatio` every `scheduleInterval` epochs. */
  scheduleRatio: number;
  scheduleInterval: number;
  /** Epochs without a lower validation loss after which training ends; never when absent. */
  patience?: number;
  /** Float32 [classes] */
  classWeights?: Float32Array;
  freeze: Freeze;
  /** Parts of the loss; the cell type alone when absent. Without it among them, labels have no say. */
  objectives?: Objective[];
  seed: number;
  /** Matrix products in float16, on devices other than the CPU. */
  amp?: boolean;
  device: DeviceChoice;
  threads?: number;
}

/** One optimizer step. */
export interface StepEvent {
  kind: "step";
  /** 1 for the first of the run. */
  step: number;
  epoch: number;
  loss: number;
  /** The loss by its parts, where it is not that of the cell type alone. */
  parts?: Readonly<Record<string, number>>;
  /** Share of the step's cells that were labelled wrongly; null where labels are not learnt. */
  error: number | null;
  gradNorm: number;
  learningRate: number;
  /** True when the gradient was not finite and the step was left out. */
  skipped: boolean;
  seconds: number;
  /** Tokens of the step, padding included: what its time goes with. */
  tokens: number;
  /** Tokens of all steps that are left. */
  tokensLeft: number;
}

/** What was measured after an epoch. */
export interface EpochEvent {
  kind: "epoch";
  epoch: number;
  step: number;
  /** Means over the epoch's cells; errors are null where labels are not learnt. */
  trainLoss: number;
  trainError: number | null;
  validationLoss: number;
  validationError: number | null;
  /** The validation loss by its parts, where labels are not learnt. */
  parts?: Readonly<Record<string, number>>;
  learningRate: number;
}

/** Where training stands at a moment between two steps. */
export interface SnapshotEvent extends LoopState {
  kind: "snapshot";
}

/** A sentence for the user, for instance where it trains and why. */
export interface NoteEvent {
  kind: "note";
  text: string;
}

export type TrainingEvent = StepEvent | EpochEvent | SnapshotEvent | NoteEvent;

/** How a training run ended. */
export interface TrainingResult {
  /** Of the epoch with the lowest validation loss; the last ones when it was stopped before the first validation. */
  weights: Weights;
  /** Null when it was stopped before the first validation. */
  bestEpoch: number | null;
  stopped: boolean;
  /** It ended before its last epoch, for want of a lower validation loss. */
  early: boolean;
  /** Optimizer steps done, and those left out for a gradient that was not finite. */
  steps: number;
  skippedSteps: number;
  /** Whether it trained in mixed precision. */
  amp: boolean;
}
