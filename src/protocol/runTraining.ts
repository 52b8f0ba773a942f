import type { RunSettings, TrainingCourse } from "../store/runParts.js";
import type { SavedState } from "../store/stateFile.js";
import { type PlannedTraining, trainingFolder } from "../store/trainingFolder.js";
import type { TrainingPlan, TrainingResult } from "../train/plan.js";
import type { Run } from "./run.js";
import { TrainingRecord } from "./trainingRecord.js";
import { trainVisibly, type WatchOptions } from "./visibleTraining.js";
import { wandbTracker } from "./wandb.js";

/** Where a training is kept and saved, and from where it goes on. */
export interface Keeping {
  /** The run's folder, which holds the training already. */
  folder?: string;
  saved?: SavedState;
  /** Given what the worker comes to, which goes on for a moment where the signal is aborted. */
  started?: (reached: Promise<unknown>) => void;
}

/**
 * Runs a planned training, from the first step or from a state: shown, tracked, and kept in its folder.
 * @param toRun what a fine-tuning that is interrupted comes to
 */
export async function runTraining(
  planned: PlannedTraining,
  plan: TrainingPlan,
  watching: WatchOptions,
  { folder, saved, started }: Keeping,
  toRun?: (result: TrainingResult, training: TrainingCourse) => Run,
): Promise<{ result: TrainingResult; training: TrainingCourse }> {
  const { run: id, name, args, settings, notes } = planned;
  const record = new TrainingRecord(id, stepsOf(planned), settings.epochs, saved?.course);
  for (const text of notes.slice(-1)) record.add({ kind: "note", text });
  const result = settings.doTrain
    ? await trainVisibly(
        plan,
        record,
        { ...watching, trackers: [...(watching.trackers ?? []), ...wandbOf(settings)] },
        { id, name, config: { ...settings, ...args } },
        { from: saved?.state, checkpointing: checkpointingOf(folder, settings, saved) },
        toRun && ((result) => toRun(result, record.progress())),
        started,
      )
    : untrained(plan, record);
  return { result, training: record.progress() };
}

/** Steps of the whole training. */
export function stepsOf({ settings, split }: PlannedTraining): number {
  return settings.epochs * Math.ceil(split.train.length / settings.batchSize);
}

function wandbOf({ wandb, wandbProject }: RunSettings) {
  return wandb ? [wandbTracker(wandb, wandbProject)] : [];
}

function checkpointingOf(
  folder: string | undefined,
  { checkpointMinutes: minutes }: RunSettings,
  saved: SavedState | undefined,
) {
  return folder === undefined
    ? undefined
    : { folder: trainingFolder(folder), minutes, course: saved?.course };
}

/** What a training without a step comes to. */
function untrained({ weights }: TrainingPlan, record: TrainingRecord): TrainingResult {
  const result = {
    ...{ weights, bestEpoch: null, stopped: false, early: false, steps: 0, skippedSteps: 0, amp: false },
  };
  record.finish(result);
  return result;
}
