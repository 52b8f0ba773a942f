import { host } from "../host/host.js";
import { interruption } from "../host/interruption.js";
import type { Checkpointing } from "../train/checkpointer.js";
import { TrainingJob } from "../train/job.js";
import type { Observer } from "../train/loop.js";
import type { LoopState } from "../train/loopState.js";
import type { TrainingPlan, TrainingResult } from "../train/plan.js";
import type { TrainingProgress } from "../views/types.js";
import { keepInterrupted } from "./interruptedRun.js";
import { LiveTraining } from "./liveTraining.js";
import type { Run } from "./run.js";
import { type TrackedRun, type Tracker, Trackers } from "./tracker.js";
import type { TrainingRecord } from "./trainingRecord.js";

/** Who watches a training, and who may end it. */
export interface WatchOptions {
  /** Called after every step and epoch. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Told of the curves. */
  trackers?: readonly Tracker[];
  /** Rejects at once when aborted; what was reached: `interruptedRun()`. */
  signal?: AbortSignal;
}

/** Where a training begins, and where it is kept. */
export interface Course {
  from?: LoopState;
  checkpointing?: Checkpointing;
  /** The MPI by which it is one of several that train together. */
  mpi?: string;
}

/**
 * Runs a plan in a worker and shows it: in the notebook where there is one, and to `onProgress`.
 * @param toRun what `interruptedRun` gives where it is interrupted; what it comes to is to be had by going on when absent
 * @param started given what the worker comes to, which goes on for a moment where the signal is aborted
 */
export async function trainVisibly(
  plan: TrainingPlan,
  record: TrainingRecord,
  { onProgress, signal: given, trackers: listed = [] }: WatchOptions,
  tracked: TrackedRun,
  { from, checkpointing, mpi }: Course,
  toRun?: (result: TrainingResult) => Run,
  started?: (reached: Promise<unknown>) => void,
): Promise<TrainingResult> {
  const notebook = host();
  const signal = interruption(given);
  // Whatever watches the training: told how far it is, and whether it matters now.
  const watchers: ((progress: TrainingProgress, now: boolean) => void)[] = [
    (progress, now) => live?.update(progress, now),
    (progress) => onProgress?.(progress),
  ];
  const tell = (now: boolean) => {
    const progress = record.progress();
    for (const watch of watchers) watch(progress, now);
  };
  const trackers = new Trackers(listed, plan.logInterval ?? 1, (text) => {
    record.add({ kind: "note", text });
    tell(true);
  });
  const hear: Observer = (event) => {
    const worth = record.add(event);
    trackers.hear(event);
    if (!signal?.aborted) tell(worth);
  };
  const job = new TrainingJob(plan, [hear], signal, from, checkpointing, mpi);
  started?.(job.reached);
  const order = (give: () => void, note: () => void) => () => {
    give();
    note();
    tell(true);
  };
  const live =
    notebook &&
    new LiveTraining(notebook, record.progress(), {
      stop: order(
        () => job.stop(),
        () => record.stopping(),
      ),
      pause: order(
        () => job.pause(),
        () => record.paused(true),
      ),
      resume: order(
        () => job.resume(),
        () => record.paused(false),
      ),
    });
  trackers.begin(tracked);
  try {
    const result = await job.result;
    await trackers.end(result.stopped ? "stopped" : "finished");
    record.finish(result);
    return result;
  } catch (error) {
    const told = trackers.end(signal?.aborted ? "stopped" : "failed");
    if (!signal?.aborted) await told;
    if (signal?.aborted) {
      record.interrupted(toRun !== undefined);
      if (toRun)
        keepInterrupted(
          job.reached.then((result) => {
            record.finish(result);
            return toRun(result);
          }),
        );
    } else record.fail(error);
    throw error;
  } finally {
    tell(true);
    await live?.close(record.progress());
  }
}
