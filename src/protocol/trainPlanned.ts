import { cutGeneTable, GENE_TABLE, restoreGeneTable } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";
import { interruption } from "../host/interruption.js";
import { lastLayersOf } from "../settings/freeze.js";
import type { Prepared } from "../store/prepared.js";
import type { RunCells, RunSettings } from "../store/runParts.js";
import type { SavedState } from "../store/stateFile.js";
import { type PlannedTraining, trainingFolder } from "../store/trainingFolder.js";
import { balancedClassWeights } from "../train/classWeights.js";
import { objectivesOf, weightsWithoutDiscriminator, withoutDiscriminator } from "../train/objectives.js";
import type { Freeze, TrainingPlan, TrainingResult } from "../train/plan.js";
import type { CellSplit } from "../train/split.js";
import { calibrateRun } from "./calibrateRun.js";
import { geneRows } from "./geneRows.js";
import { keepInterrupted } from "./interruptedRun.js";
import { usesBatches } from "./requirements.js";
import { Run } from "./run.js";
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

/** Trains as planned, from the first step or from a state, and saves the run. */
export async function trainPlanned(
  planned: PlannedTraining,
  ready: Prepared,
  watching: WatchOptions,
  { folder, saved, started }: Keeping = {},
): Promise<Run> {
  const { run: id, name, args, vocabulary, start, settings, split, notes, made } = planned;
  const plan = trainingPlan(planned, ready);
  const { classes } = ready.labels!;
  const rows = geneRows(vocabulary, ready.tokens.genes);
  const wandb = settings.wandb ? [wandbTracker(settings.wandb, settings.wandbProject)] : [];
  const steps = settings.epochs * Math.ceil(split.train.length / settings.batchSize);
  const record = new TrainingRecord(id, steps, settings.epochs, saved?.course);
  for (const text of notes.slice(-1)) record.add({ kind: "note", text });
  const kept = withoutDiscriminator(args);
  const toRun = (result: TrainingResult) =>
    new Run(
      {
        ...{ name, args: kept, vocabulary, made, notes },
        settings: { ...settings, amp: result.amp },
        ...{ classes, batches: usesBatches(kept) ? ready.batches?.names : undefined },
        weights: weightsWithoutDiscriminator(restoreGeneTable(result.weights, rows, start.get(GENE_TABLE)!)),
        training: record.progress(),
        cells: runCells(ready, split),
        ...{ source: ready.source.path, preparation: ready.settings, recipe: ready.recipe },
      },
      ready,
    );
  const checkpointing =
    folder === undefined
      ? undefined
      : {
          folder: trainingFolder(folder),
          minutes: settings.checkpointMinutes,
          course: saved?.course,
        };
  const course = { from: saved?.state, checkpointing };
  const result = settings.doTrain
    ? await trainVisibly(
        plan,
        record,
        { ...watching, trackers: [...(watching.trackers ?? []), ...wandb] },
        { id, name, config: { ...settings, ...args } },
        course,
        toRun,
        started,
      )
    : untrained(plan.weights, record);
  const run = await calibrated(toRun(result), ready, split, interruption(watching.signal));
  if (folder !== undefined) await run.save(folder);
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

/** What the worker needs of a planned training. */
export function trainingPlan(planned: PlannedTraining, ready: Prepared): TrainingPlan {
  const { args, vocabulary, start, settings, split } = planned;
  const labels = ready.labels!;
  const batches = usesBatches(args) ? ready.batches : undefined;
  const rows = geneRows(vocabulary, ready.tokens.genes);
  return {
    ...{ args, classes: labels.classes.length, batches: batches?.names.length },
    ...{ weights: cutGeneTable(start, rows), tokens: ready.tokens },
    ...{ labels: labels.codes, batchLabels: batches?.codes },
    ...{ train: split.train, validation: split.validation },
    ...settings,
    freeze: freezeOf(settings),
    objectives: ["CLS", ...objectivesOf(settings)],
    microBatch: planned.microBatch,
    classWeights: settings.classWeighted
      ? balancedClassWeights(
          split.train.map((cell) => labels.codes[cell]),
          labels.classes.length,
        )
      : undefined,
  };
}

/** What a training without a step comes to. */
function untrained(weights: Weights, record: TrainingRecord): TrainingResult {
  const result = {
    weights,
    bestEpoch: null,
    stopped: false,
    early: false,
    steps: 0,
    skippedSteps: 0,
    amp: false,
  };
  record.finish(result);
  return result;
}

/** What stays as it was loaded. */
function freezeOf({ freeze, lora }: RunSettings): Freeze {
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
