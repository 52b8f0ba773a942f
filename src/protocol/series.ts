import { join } from "node:path";
import { interruption } from "../host/interruption.js";
import type { Prepared } from "../store/prepared.js";
import { finishedEpochs } from "../store/runFolder.js";
import { type PlannedSeries, readSeries } from "../store/seriesFolder.js";
import { holdsTraining, readTraining, updateTraining } from "../store/trainingFolder.js";
import { isUnfinished } from "../store/unfinished.js";
import { CellkernelError } from "../support/error.js";
import type { TrainingProgress } from "../views/types.js";
import { claimed } from "./claimed.js";
import { ensemble } from "./ensemble.js";
import { requireAlone } from "./ranks.js";
import { cellsOfTraining, changedSettings, type ResumeOptions, resumeTraining } from "./resumeTraining.js";
import { loadRun, Run } from "./run.js";
import { seriesFigures } from "./seriesFigures.js";
import type { WatchOptions } from "./visibleTraining.js";

/** `resume` of a series: does what is left of its trainings, and makes the ensemble of all. */
export async function resumeSeries(folder: string, options: ResumeOptions): Promise<Run> {
  requireAlone(options.mpi);
  return claimed(folder, async () => {
    const series = readSeries(folder);
    const kept = series.parts.map((part) => join(folder, part.folder)).filter(holdsTraining);
    if (kept.length === 0)
      throw new CellkernelError(
        "path",
        `${folder} holds none of the trainings of its ${series.parts.length} parts any more`,
        {
          path: folder,
        },
      );
    // All of them first: where this ends early, the rest is to go on as this was.
    for (const part of kept) {
      const stored = readTraining(part);
      // Name and seed are each training's own.
      const settings = changedSettings(stored, { ...options, name: undefined, seed: undefined });
      updateTraining(part, { ...stored, settings });
    }
    const { epochs } = readTraining(kept[0]).settings;
    if (!isUnfinished(folder) && finishedEpochs(folder, series.id) === epochs)
      throw new CellkernelError(
        "nothing",
        `${folder} is at its end after ${epochs} epochs. For more: resume(…, { epochs: ${epochs + 1} }) (--epochs ${epochs + 1})`,
        { path: folder },
      );
    const ready = cellsOfTraining(readTraining(kept[0]), options.cells);
    return trainSeries(folder, series, ready, options);
  });
}

/** Does what is left of the trainings that a folder holds, one after the other, and writes their ensemble into it. */
export async function trainSeries(
  folder: string,
  series: PlannedSeries,
  ready: Prepared,
  watching: WatchOptions,
): Promise<Run> {
  const runs: Run[] = [];
  const clock = new SeriesClock(series);
  for (const part of series.parts) {
    const own = join(folder, part.folder);
    if (isUnfinished(own))
      runs.push(
        notStopped(
          await resumeTraining(own, { ...watchingPart(watching, clock), cells: ready, mpi: "off" }),
          part.name,
          `resume(${JSON.stringify(folder)}) (cellkernel resume ${folder})`,
        ),
      );
    else runs.push(await loadRun(own));
    clock.next();
  }
  const whole = await joined(series, runs, ready, watching.signal);
  await whole.save(folder);
  return whole;
}

/** The ensemble of the runs of a series, with their figures. */
export async function joined(
  series: PlannedSeries,
  runs: readonly Run[],
  ready: Prepared,
  signal?: AbortSignal,
): Promise<Run> {
  const { parts } = ensemble(runs);
  const figures = await seriesFigures(series, runs, ready, interruption(signal));
  return new Run({ ...parts, training: { ...parts.training, run: series.id }, series: figures }, ready);
}

/** @throws where the Stop button ended a training: what is left of the series is not begun */
export function notStopped(run: Run, name: string, remedy?: string): Run {
  if (run.training.state !== "stopped") return run;
  throw new CellkernelError(
    "nothing",
    `stopped in ${name}${remedy ? `. To go on: ${remedy}` : "; without a folder (saveDir) nothing of the trainings is kept"}`,
    { part: name },
  );
}

/** How long the trainings of a series take, by those that are done. */
export class SeriesClock {
  private done = 0;
  private readonly started = performance.now();

  constructor(private readonly series: PlannedSeries) {}

  next(): void {
    this.done++;
  }

  /** The progress of the training under way, with the time that is left of all. */
  of(progress: TrainingProgress): TrainingProgress {
    const { parts } = this.series;
    const { message, seconds, secondsLeft } = progress;
    const left = parts.length - this.done - 1;
    const own = seconds + (secondsLeft ?? 0);
    const before = (performance.now() - this.started) / 1000 - seconds;
    const each = (own + Math.max(0, before)) / (this.done + 1);
    return {
      ...progress,
      secondsLeft: secondsLeft === null ? null : secondsLeft + left * each,
      message: [
        `${parts[this.done].name} (${this.done + 1} of ${parts.length})`,
        ...(message ? [message] : []),
      ].join(": "),
    };
  }
}

/** Who watches a training of a series is told of the series. */
export function watchingPart(
  { onProgress, trackers, signal }: WatchOptions,
  clock: SeriesClock,
): WatchOptions {
  return { trackers, signal, onProgress: onProgress && ((progress) => onProgress(clock.of(progress))) };
}
