import type { Weights } from "../checkpoint/weights.js";
import type { Batch } from "../tokenize/batches.js";

/** A batch of tokens with its answers. */
export interface TokenBatch {
  batch: Batch;
  /** Int32 [B] */
  labels: Int32Array;
  /** Int32 [B], where the architecture uses batch labels. */
  batchLabels?: Int32Array;
  /** Masked values: what they should be and which count, each Float32 [B × N]. */
  masked?: { target: Float32Array; mask: Float32Array };
}

/** The same where only the class decoder is trained: of the cells, their embeddings. */
export interface EmbeddingBatch {
  /** Which cells: their rows, for messages. */
  cells: Int32Array;
  /** Float32 [B × d] */
  embedding: Float32Array;
  /** Int32 [B] */
  labels: Int32Array;
}

export type LabelledBatch = TokenBatch | EmbeddingBatch;

export function isTokens(batch: LabelledBatch): batch is TokenBatch {
  return "batch" in batch;
}

/** One optimiser step: the cells of all its batches together. */
export interface PlannedStep {
  /** Of several ranks, this one's part, which may be none. */
  micro: LabelledBatch[];
  learningRate: number;
  /** All that its cells are a part of; they are the whole when absent. */
  whole?: WholeStep;
}

/** What bears on a cell of a step beside itself, whoever has the others. */
export interface WholeStep {
  /** Int32 [cells of the step]: their labels, in the step's order. */
  labels: Int32Array;
  /** Tokens of its longest cell; 0 where cells come as embeddings. */
  length: number;
  /** Its masked values. */
  masked: number;
  /** The place among its cells of the first that is here; those here stand side by side. */
  first: number;
}

/** The same, of tokens. */
export interface TokenStep extends PlannedStep {
  micro: TokenBatch[];
}

export interface StepResult {
  loss: number;
  /** The loss by parts, where it has several. */
  parts: Record<string, number>;
  /** Norm of all gradients before clipping. */
  gradNorm: number;
  /** Cells whose largest logit is their label's. */
  correct: number;
  cells: number;
  /** The gradients were not finite, and nothing was changed. */
  skipped: boolean;
  seconds: number;
}

/** What training changes. The engine works on this memory; nobody else holds it. */
export interface TrainingState {
  weights: Weights;
  m: Weights;
  v: Weights;
  /** Steps that changed the weights: Adam's t. */
  step: number;
  /** Steps tried: what dropout's keys are drawn by. */
  attempts: number;
  /** The loss scale of mixed precision, where an engine has one. */
  scaler?: LossScaler;
}

/** PyTorch's `GradScaler`: the scale, and the good steps since it was last changed for a bad one. */
export interface LossScaler {
  scale: number;
  goodSteps: number;
}

/** Takes training steps on one kind of device. */
export interface Engine {
  /** How many steps it takes best at once. */
  readonly group: number;
  run(steps: PlannedStep[]): Promise<StepResult[]>;
  /** Brings the state's memory up to date, where the engine works on a copy; `write` takes over what it holds now. */
  read?(): void;
  write?(): void;
  /** Gradients of the last step, before clipping, where the engine keeps them. */
  gradients?: Weights;
  release(): Promise<void>;
}

export const BETA1 = 0.9;
export const BETA2 = 0.999;
