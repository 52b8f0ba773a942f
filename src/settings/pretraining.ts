import { ARCHITECTURE } from "./architecture.js";
import { OBJECTIVES } from "./objectives.js";
import type { Options, Setting } from "./setting.js";
import { TRAINING } from "./training.js";

const { epochs, batchSize, lr, dropout, scheduleRatio, scheduleInterval, schedule, warmupSteps } = TRAINING;
const { patience, maxSeqLen, freeze, splitBy, trainTestSplitRatio } = TRAINING;
const { saveEvalInterval, logInterval, seed, device, amp, threads, microBatch } = TRAINING;
const { checkpointMinutes, wandb, wandbProject, name } = TRAINING;
const { mlm, mvc, ...otherObjectives } = OBJECTIVES;

/** An objective that is on unless one says otherwise. */
function on(objective: Setting<boolean, boolean>): Setting<boolean, boolean> {
  return { ...objective, default: true, value: "true|false" };
}

/** Options of the pretraining: those of the fine-tuning that need no labels; both objectives of masked values are on. */
export const PRETRAINING = {
  ...{ mlm: on(mlm), mvc: on(mvc), ...otherObjectives },
  ...{ epochs, batchSize, lr, dropout, scheduleRatio, scheduleInterval, schedule, warmupSteps, patience },
  ...{ maxSeqLen, freeze, splitBy, trainTestSplitRatio, saveEvalInterval, logInterval, seed },
  ...{ device, amp, threads, microBatch, checkpointMinutes, wandb, wandbProject, name },
  ...ARCHITECTURE,
} as const;

/** What a user may give to `pretrain` beside the options of every training. @interface */
export type PretrainingOptions = Options<typeof PRETRAINING>;
