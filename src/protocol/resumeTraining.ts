import { isDeepStrictEqual } from "node:util";
import { trainingShapes } from "../model/lora.js";
import { parameterShapes } from "../model/parameters.js";
import type { RanksOptions } from "../settings/ranks.js";
import { resolve } from "../settings/setting.js";
import { TRAINING, type TrainingOptions } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import { folderOf, loadPrepared } from "../store/preparedFolder.js";
import { pretrainedEpochs } from "../store/pretrainedFolder.js";
import { finishedEpochs } from "../store/runFolder.js";
import type { RunSettings } from "../store/runParts.js";
import { readState, type SavedState } from "../store/stateFile.js";
import {
  cellsDifferences,
  holdsTraining,
  type PlannedTraining,
  readTraining,
  type StoredTraining,
  trainingFolder,
  updateTraining,
} from "../store/trainingFolder.js";
import { CellkernelError } from "../support/error.js";
import { loraOf } from "../train/adapters.js";
import { claimed } from "./claimed.js";
import { agreedPlan, isFirst, joinRanks, together } from "./ranks.js";
import { usesBatches } from "./requirements.js";
import type { Run } from "./run.js";
import type { Keeping } from "./runTraining.js";
import { trainPlanned } from "./trainPlanned.js";
import { versionsDiffer } from "./versions.js";
import type { WatchOptions } from "./visibleTraining.js";

/** Options that a training may have others of when it goes on: no number depends on them but as it is said. */
const MAY_CHANGE = [
  "epochs",
  "device",
  "threads",
  "checkpointMinutes",
  "wandb",
  "wandbProject",
  "precision",
  "coverage",
] as const;

/** Options of `resume`. Those of the training may be given again; where one differs that must not, nothing is done. */
export interface ResumeOptions extends TrainingOptions, RanksOptions, WatchOptions {
  /** The prepared cells. Default: those that it was started with, from where they were. */
  cells?: Prepared;
}

/** `resume` of one training. */
export function resumeTraining(folder: string, options: ResumeOptions = {}): Promise<Run> {
  return goOn(folder, options, { pretraining: false, train: trainPlanned });
}

/** What a training that goes on is, and what goes on with it. */
interface Kind<T> {
  pretraining: boolean;
  train(planned: PlannedTraining, ready: Prepared, watching: WatchOptions, keeping: Keeping): Promise<T>;
}

/** Goes on with the training of a folder. */
export async function goOn<T>(
  folder: string,
  options: ResumeOptions,
  { pretraining, train }: Kind<T>,
): Promise<T> {
  if (!holdsTraining(folder))
    throw new CellkernelError(
      "path",
      `${folder} holds no training to go on with; one is kept there where finetune is given it as saveDir (--out)`,
      { path: folder },
    );
  const ranks = await joinRanks(options.mpi);
  return claimed(isFirst(ranks) ? folder : undefined, async (started) => {
    const { planned, ready, saved, stored } = await together(ranks, () =>
      whatIsLeft(folder, options, pretraining),
    );
    const agreed = await agreedPlan(ranks, planned, ready, saved && stateOf(saved));
    if (isFirst(ranks))
      updateTraining(folder, { ...stored, ...agreed, cells: folderOf(ready) ?? stored.cells });
    return train(agreed, ready, options, { folder, saved, started, ranks });
  });
}

/** What is left to do of a folder's training; nothing is written. */
function whatIsLeft(folder: string, options: ResumeOptions, pretraining: boolean) {
  const stored = readTraining(folder);
  if ((stored.pretraining ?? false) !== pretraining)
    throw new CellkernelError(
      "path",
      `${folder} holds a ${pretraining ? "fine-tuning" : "pretraining"}: go on with it by ${pretraining ? "resume" : "resumePretraining"}`,
      { path: folder },
    );
  const ready = cellsOfTraining(stored, options.cells);
  const settings = changedSettings(stored, options);
  const { args } = stored;
  const size = {
    classes: pretraining ? 0 : ready.labels!.classes.length,
    batches: usesBatches(args) ? ready.batches?.names.length : undefined,
  };
  const start = stored.readStart((genes) => parameterShapes(args, { ...size, genes }));
  const genes = ready.tokens.genes.length + 2;
  const saved = readState(trainingFolder(folder), trainingShapes(args, { ...size, genes }, loraOf(settings)));
  const finished = pretraining ? pretrainedEpochs : finishedEpochs;
  if (finished(folder, stored.run) !== undefined && saved && saved.state.epoch > settings.epochs)
    throw new CellkernelError(
      "nothing",
      `${folder} is at its end after ${settings.epochs} epochs. For more: resume(…, { epochs: ${settings.epochs + 1} }) (--epochs ${settings.epochs + 1})`,
      { path: folder },
    );
  const notes = [...stored.notes, ...goingOn(stored, settings, saved)];
  const planned: PlannedTraining = { ...stored, settings, notes, start };
  return { planned, ready, saved, stored };
}

/** What of a state tells it from another of the same training. */
function stateOf({ state }: SavedState): object {
  const { epoch, batch, step, sums } = state;
  return { epoch, batch, step, sums };
}

/** The prepared cells of a training. @throws where they are gone, or others are given */
export function cellsOfTraining(
  { cells, cellsWere, identity }: StoredTraining,
  given: Prepared | undefined,
): Prepared {
  if (!given && cells === undefined)
    throw new CellkernelError(
      "path",
      `the prepared cells are no longer in ${cellsWere}; say where they are: the option cells (--cells DIR)`,
      { path: cellsWere },
    );
  const ready = given ?? loadPrepared(cells!);
  const differences = cellsDifferences(identity, ready);
  if (differences.length > 0)
    throw new CellkernelError(
      "other-preparation",
      `the training was started with other cells than those of ${given ? ready.source.path : cells}: other ${differences.join(", other ")}. ` +
        "It can only go on with its own; for others, fine-tune from the run: finetune(cells, { model })",
      { differences },
    );
  return ready;
}

/** The options that it was started with, with the changes that make no other training of it. */
export function changedSettings({ settings, name }: StoredTraining, options: ResumeOptions): RunSettings {
  const given = Object.entries(resolve(TRAINING, options)).filter(
    ([name]) => options[name as keyof TrainingOptions] !== undefined,
  );
  // A run's own YAML file says the name that it was given for want of one.
  const before: Record<string, unknown> = { ...settings, name };
  const may = new Set<string>(MAY_CHANGE);
  // What was left to the device; the run's file says what that came to.
  if (settings.amp === undefined) may.add("amp");
  const differences = given
    .filter(([name, value]) => !may.has(name) && !isDeepStrictEqual(value, before[name]))
    .map(([name, value]) => `${name} was ${String(before[name])} and is ${String(value)} now`);
  if (differences.length > 0)
    throw new CellkernelError(
      "option",
      `the training was started with other options: ${differences.join("; ")}. It can only go on with its own ` +
        `(${MAY_CHANGE.join(", ")} may change); for others, fine-tune from the run: finetune(cells, { model })`,
      { options: differences },
    );
  return { ...settings, ...Object.fromEntries(given.filter(([name]) => may.has(name))) };
}

/** What the reader of the run must know of its going on. */
function goingOn(stored: StoredTraining, settings: RunSettings, saved: SavedState | undefined): string[] {
  const notes = saved ? [`the training went on after step ${saved.state.step}`] : [];
  const other = versionsDiffer(stored.made);
  if (other) notes.push(`it went on with ${other}: the last bits of the numbers may be others`);
  if (settings.device !== stored.settings.device)
    notes.push(`it went on on the device ${settings.device} (${stored.settings.device} before)`);
  if (settings.epochs !== stored.settings.epochs)
    notes.push(`it went on to ${settings.epochs} epochs (${stored.settings.epochs} before)`);
  return notes;
}
