import { cutGeneTable, GENE_TABLE, restoreGeneTable } from "../checkpoint/geneTable.js";
import { interruption } from "../host/interruption.js";
import { lastLayersOf } from "../settings/freeze.js";
import type { Prepared } from "../store/prepared.js";
import type { RunCells, RunSettings, TrainingCourse } from "../store/runParts.js";
import { withSign } from "../store/signOfLife.js";
import { type PlannedTraining, signOfTraining } from "../store/trainingFolder.js";
import { balancedClassWeights } from "../train/classWeights.js";
import { objectivesOf, weightsWithoutDiscriminator, withoutDiscriminator } from "../train/objectives.js";
import type { Freeze, TrainingPlan, TrainingResult } from "../train/plan.js";
import type { CellSplit } from "../train/split.js";
import { calibrateRun } from "./calibrateRun.js";
import { geneRows } from "./geneRows.js";
import { keepInterrupted } from "./interruptedRun.js";
import { isFirst, partOf } from "./ranks.js";
import { usesBatches } from "./requirements.js";
import { Run } from "./run.js";
import { type Keeping, runTraining, stepsOf } from "./runTraining.js";
import type { WatchOptions } from "./visibleTraining.js";

/**
 * Trains as planned, from the first step or from a state, and saves the run; where it is kept, it says there that it goes on. Of
 * several ranks, all have its weights, and the first makes it whole.
 */
export async function trainPlanned(
  planned: PlannedTraining,
  ready: Prepared,
  watching: WatchOptions,
  keeping: Keeping = {},
): Promise<Run> {
  if (keeping.folder === undefined || !isFirst(keeping.ranks))
    return trained(planned, ready, watching, keeping);
  return withSign(signOfTraining(keeping.folder), stepsOf(planned), (tell) => {
    const onProgress: WatchOptions["onProgress"] = (progress) => {
      tell(progress.step);
      watching.onProgress?.(progress);
    };
    return trained(planned, ready, { ...watching, onProgress }, keeping);
  });
}

async function trained(
  planned: PlannedTraining,
  ready: Prepared,
  watching: WatchOptions,
  keeping: Keeping,
): Promise<Run> {
  const { name, args, vocabulary, start, settings, split, notes, made } = planned;
  const { classes } = ready.labels!;
  const rows = geneRows(vocabulary, ready.tokens.genes);
  const kept = withoutDiscriminator(args);
  const toRun = (result: TrainingResult, training: TrainingCourse) =>
    new Run(
      {
        ...{ name, args: kept, vocabulary, made, notes },
        settings: { ...settings, amp: result.amp },
        ...{ classes, batches: usesBatches(kept) ? ready.batches?.names : undefined },
        weights: weightsWithoutDiscriminator(restoreGeneTable(result.weights, rows, start.get(GENE_TABLE)!)),
        training,
        cells: runCells(ready, split),
        ...{ source: ready.source.path, preparation: ready.settings, recipe: ready.recipe },
      },
      ready,
    );
  const plan = await planOf(planned, ready, keeping);
  const { result, training } = await runTraining(planned, plan, watching, keeping, toRun);
  if (!isFirst(keeping.ranks)) return toRun(result, training);
  const run = await calibrated(toRun(result, training), ready, split, interruption(watching.signal));
  if (keeping.folder !== undefined) await run.save(keeping.folder);
  return run;
}

/** The run with how far its probabilities can be believed. Where that fails, its training is not lost. */
async function calibrated(
  run: Run,
  ready: Prepared,
  split: CellSplit,
  signal: AbortSignal | undefined,
): Promise<Run> {
  try {
    return new Run({ ...run.parts, ...(await calibrateRun(run, ready, split, signal)) }, ready);
  } catch (error) {
    const note = `probabilities are not calibrated: ${(error as Error).message}`;
    const as = new Run({ ...run.parts, notes: [...run.parts.notes, note] }, ready);
    if (!signal?.aborted) return as;
    keepInterrupted(Promise.resolve(as));
    throw error;
  }
}

/** What the worker needs of a planned training, be it one of several ranks'. */
export async function planOf(
  planned: PlannedTraining,
  ready: Prepared,
  { ranks }: Keeping,
): Promise<TrainingPlan> {
  const { threads } = await partOf(ranks);
  return { ...trainingPlan(planned, ready), threads: planned.settings.threads ?? threads };
}

/** What the worker needs of a planned training. */
export function trainingPlan(planned: PlannedTraining, ready: Prepared): TrainingPlan {
  const { args, vocabulary, start, settings, split, pretraining } = planned;
  const labels = pretraining ? undefined : ready.labels!;
  const batches = usesBatches(args) ? ready.batches : undefined;
  const rows = geneRows(vocabulary, ready.tokens.genes);
  return {
    ...{ args, classes: labels?.classes.length ?? 0, batches: batches?.names.length },
    ...{ weights: cutGeneTable(start, rows), tokens: ready.tokens },
    ...{ labels: labels?.codes ?? new Int32Array(ready.tokens.cells), batchLabels: batches?.codes },
    ...{ train: split.train, validation: split.validation },
    ...settings,
    freeze: freezeOf(settings),
    objectives: [...(labels ? (["CLS"] as const) : []), ...objectivesOf(settings)],
    microBatch: planned.microBatch,
    classWeights:
      labels && settings.classWeighted
        ? balancedClassWeights(
            split.train.map((cell) => labels.codes[cell]),
            labels.classes.length,
          )
        : undefined,
  };
}

/** What stays as it was loaded. */
export function freezeOf({ freeze, lora }: RunSettings): Freeze {
  if (lora !== undefined) return "base";
  if (freeze === "head") return "backbone";
  const lastLayers = lastLayersOf(freeze);
  return lastLayers !== undefined ? { lastLayers } : freeze === "predecoder" ? "encoders" : "nothing";
}

/** The split by rows of the file, and the keys of the cells that were learnt from or chose the weights. */
function runCells({ source, rows, keys }: Prepared, split: CellSplit): RunCells {
  const rowsOf = (cells: Int32Array) => cells.map((cell) => rows[cell]);
  const learnt = [...split.train, ...split.validation];
  return {
    content: source.content,
    split: { train: rowsOf(split.train), validation: rowsOf(split.validation), test: rowsOf(split.test) },
    learnt: Int32Array.from(learnt.flatMap((cell) => [keys[2 * cell], keys[2 * cell + 1]])),
  };
}
