import type { Weights } from "../checkpoint/weights.js";
import type { OptimizerState } from "./trainer.js";

/**
 * Where a training stands between two steps, in plain data: with the plan, all that it takes to go on as if nothing had
 * happened. What is random is drawn by counters that are in here: the order of the cells by seed and epoch, the genes
 * of long cells by seed, epoch and cell, dropout by the optimiser's attempts.
 */
export interface LoopState {
  /** Epoch under way, 1 for the first. */
  epoch: number;
  /** Its batches that are done. */
  batch: number;
  /** Sums over its cells so far: of their loss, of those labelled wrongly, of all. */
  sums: { loss: number; wrong: number; cells: number };
  /** Optimizer steps done, and those of them that were left out for a gradient that was not finite. */
  step: number;
  skippedSteps: number;
  /** The model's weights, with adapters merged, of the lowest validation loss so far. */
  best?: { epoch: number; score: number; weights: Weights };
  /** Those of now, and beside them the adapters of a training that has some. */
  weights: Weights;
  optimizer: OptimizerState;
}

/** The part of the state that the loop itself counts; the rest is the trainer's. */
export type Progress = Omit<LoopState, "weights" | "optimizer">;

/** Before the first step. */
export function start(): Progress {
  return { epoch: 1, batch: 0, sums: { loss: 0, wrong: 0, cells: 0 }, step: 0, skippedSteps: 0 };
}
