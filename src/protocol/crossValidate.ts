import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Prepared } from "../store/prepared.js";
import { folderOf, loadPrepared, savePrepared } from "../store/preparedFolder.js";
import { type PlannedSeries, removeSeries, seriesCells, writeSeries } from "../store/seriesFolder.js";
import { type PlannedTraining, trainingFolder, writeTraining } from "../store/trainingFolder.js";
import { CellkernelError } from "../support/error.js";
import { claimed } from "./claimed.js";
import { finetune, planRun, requireVacant } from "./finetune.js";
import { requireAlone } from "./ranks.js";
import type { Run } from "./run.js";
import { joined, notStopped, SeriesClock, trainSeries, watchingPart } from "./series.js";
import { type CrossValidateOptions, type Training, trainingsOf } from "./trainings.js";

/** Trainings of a cross-validation, where neither folds nor seeds are said. */
const FOLDS = 5;

/**
 * Fine-tunes several times on the same cells, one after the other: for each of `folds` (every cell is a test cell of one of
 * them), for each of `seeds`, or both. What it returns is their ensemble, a run as any other, and shows itself as a table of
 * how each did on its test cells, mean and standard deviation, and of all cells, each labelled by the trainings that did not
 * see it. In a folder, each is a run of its own in a folder within; what was killed or stopped goes on by `resume(folder)`.
 *
 * @throws as `finetune`, and where the options make one training only
 * @example
 * const folds = await crossValidate(ready, { folds: 2, epochs: 1, freeze: "head" });
 * folds.parts.series?.together.cells; // → 700
 */
export async function crossValidate(ready: Prepared, options: CrossValidateOptions = {}): Promise<Run> {
  const { saveDir } = options;
  const trainings = severalTrainings(ready, options);
  if (saveDir === undefined) return inMemory(ready, seriesOf(trainings), trainings);
  return claimed(saveDir, async () => {
    requireVacant(saveDir, options);
    const series = await plan(saveDir, ready, trainings);
    return trainSeries(saveDir, series, ready, options);
  });
}

/**
 * Only writes into a folder what the trainings of `crossValidate` start from. Each is then done by `resume` of its own folder,
 * by whatever process, and all that is left by `resume` of the whole.
 * @throws as `crossValidate`
 */
export async function planSeries(
  ready: Prepared,
  options: CrossValidateOptions & { saveDir: string },
): Promise<PlannedSeries> {
  const { saveDir } = options;
  const trainings = severalTrainings(ready, options);
  return claimed(saveDir, async () => {
    requireVacant(saveDir, options);
    return plan(saveDir, ready, trainings);
  });
}

function severalTrainings(ready: Prepared, options: CrossValidateOptions): Training[] {
  requireAlone(options.mpi);
  const several = options.folds !== undefined || options.seeds !== undefined;
  const trainings = trainingsOf(ready, several ? options : { ...options, folds: FOLDS });
  if (trainings.length < 2)
    throw new CellkernelError(
      "option",
      `the option seeds names one seed, ${trainings[0].part.seed}, and there are no folds: that is one training, finetune with seed (--seed)`,
      { option: "seeds" },
    );
  return trainings;
}

function seriesOf(trainings: Training[]): PlannedSeries {
  return { id: randomUUID(), parts: trainings.map(({ part }) => part) };
}

async function inMemory(ready: Prepared, series: PlannedSeries, trainings: Training[]): Promise<Run> {
  const runs: Run[] = [];
  const clock = new SeriesClock(series);
  for (const { part, options } of trainings) {
    const run = await finetune(ready, { ...options, mpi: "off", ...watchingPart(options, clock) });
    runs.push(notStopped(run, part.name));
    clock.next();
  }
  return joined(series, runs, ready, trainings[0].options.signal);
}

/** Writes what all trainings start from, before the first step. */
async function plan(folder: string, ready: Prepared, trainings: Training[]): Promise<PlannedSeries> {
  // What is wrong with the options is said before anything is removed.
  const [first, ...others] = trainings;
  const planned = await planRun(ready, first.options);
  removeSeries(folder);
  rmSync(trainingFolder(folder), { recursive: true, force: true });
  const cells = kept(folder, ready);
  const write = ({ part }: Training, whole: PlannedTraining) =>
    writeTraining(join(folder, part.folder), whole, cells);
  write(first, planned);
  for (const each of others) write(each, await planRun(ready, each.options));
  const series = seriesOf(trainings);
  writeSeries(folder, series);
  return series;
}

/** The cells with a folder, written where they have none of their own. */
function kept(folder: string, ready: Prepared): Prepared {
  if (folderOf(ready) !== undefined) return ready;
  const own = seriesCells(folder);
  savePrepared(ready, own);
  return loadPrepared(own);
}
