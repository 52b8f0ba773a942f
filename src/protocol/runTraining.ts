import type { Mpi } from "../runtime/mpi.js";
import type { RunSettings, TrainingCourse } from "../store/runParts.js";
import type { SavedState } from "../store/stateFile.js";
import { type PlannedTraining, trainingFolder } from "../store/trainingFolder.js";
import { CellkernelError } from "../support/error.js";
import type { TrainingPlan, TrainingResult } from "../train/plan.js";
import { atWork, isFirst } from "./ranks.js";
import type { Run } from "./run.js";
import { TrainingRecord } from "./trainingRecord.js";
import { trainVisibly, type WatchOptions } from "./visibleTraining.js";
import { wandbTracker } from "./wandb.js";

/** Where a training is kept and saved, and from where it goes on. */
export interface Keeping {
  /** The run's folder, which holds the training already; of several ranks, the first writes it. */
  folder?: string;
  saved?: SavedState;
  /** Those who train with this process. */
  ranks?: Mpi;
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
  { folder, saved, started, ranks }: Keeping,
  toRun?: (result: TrainingResult, training: TrainingCourse) => Run,
): Promise<{ result: TrainingResult; training: TrainingCourse }> {
  const { run: id, name, args, settings, notes } = planned;
  const record = new TrainingRecord(id, stepsOf(planned), settings.epochs, saved?.course);
  for (const text of notes.slice(-1)) record.add({ kind: "note", text });
  const result = settings.doTrain
    ? await trainVisibly(
        plan,
        record,
        {
          ...watching,
          trackers: [...(watching.trackers ?? []), ...(isFirst(ranks) ? wandbOf(settings) : [])],
        },
        { id, name, config: { ...settings, ...args } },
        {
          from: saved?.state,
          checkpointing: isFirst(ranks) ? checkpointingOf(folder, settings, saved) : undefined,
          mpi: ranks?.path,
        },
        toRun && ((result) => toRun(result, record.progress())),
        (reached) => {
          started?.(reached);
          if (ranks) atWork(reached);
        },
      )
    : untrained(plan, record);
  if (ranks && result.stopped)
    throw new CellkernelError(
      "ranks",
      `the training was stopped on another of its processes after step ${result.steps}${folder === undefined ? "" : `; to go on: cellkernel resume ${folder}`}`,
    );
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
