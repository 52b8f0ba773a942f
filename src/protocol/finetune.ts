import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { ModelArgs } from "../model/args.js";
import type { ModelSize } from "../model/parameters.js";
import type { Labels } from "../preprocess/labels.js";
import { lastLayersOf } from "../settings/freeze.js";
import type { RanksOptions } from "../settings/ranks.js";
import { resolve } from "../settings/setting.js";
import { TRAINING, type TrainingOptions, type TrainingSettings } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import { isPretrained } from "../store/pretrainedFolder.js";
import type { RunSettings } from "../store/runParts.js";
import { removeSeries } from "../store/seriesFolder.js";
import {
  holdsTraining,
  isPretraining,
  type PlannedTraining,
  writeTraining,
} from "../store/trainingFolder.js";
import { isUnfinished } from "../store/unfinished.js";
import { CellkernelError } from "../support/error.js";
import { loraOf } from "../train/adapters.js";
import { availableMemory, planMemory } from "../train/memory.js";
import { objectivesOf, withDecoders } from "../train/objectives.js";
import type { CellSplit } from "../train/split.js";
import { type StartModel, startWeights } from "../train/startWeights.js";
import { claimed } from "./claimed.js";
import { geneRows } from "./geneRows.js";
import type { Model } from "./model.js";
import { checkObjectives, resolveObjectives } from "./objectives.js";
import { ALONE, agreedPlan, isFirst, joinRanks, type Part, partOf, together } from "./ranks.js";
import { requireBatches, requireModel } from "./requirements.js";
import type { Run } from "./run.js";
import { splitCells } from "./splitCells.js";
import { freezeOf, trainPlanned } from "./trainPlanned.js";
import { provenance } from "./versions.js";
import type { WatchOptions } from "./visibleTraining.js";

/** Options of the fine-tuning. */
export interface FinetuneOptions extends Omit<TrainingOptions, "split">, RanksOptions, WatchOptions {
  /** Model to start from, or its folder. Default: the one that the cells were prepared for. */
  model?: Model | string;
  /**
   * "stratified": 80 / 10 / 10 of each class for training, validation and test; "published": 90 / 10 whatever
   * the class, without test cells; or the cells themselves. Default "stratified".
   */
  split?: TrainingOptions["split"] | CellSplit;
  /**
   * The run's folder: holds from the start on all that `resume` needs, and the run at its end. Default: nowhere.
   */
  saveDir?: string;
  /** A training in that folder that is not at its end is given up. */
  overwrite?: boolean;
}

/**
 * Fine-tunes a model on prepared cells, in a worker; in a notebook, with live learning curves, whose Stop button
 * ends it early and keeps what was reached. The weights of the lowest validation loss are kept. Of several processes that mpiexec
 * or srun started, each works on its part of every step's cells; the first one writes the folder and makes the run whole.
 * Method: Ding et al. 2025 (doi 10.1038/s41596-025-01220-1).
 *
 * @throws when there are no labels, fewer than two classes, no model, or an option makes no sense
 * @example
 * const run = await finetune(ready, { epochs: 2, freeze: "head" });
 * run.training.state; // → "finished"
 */
export async function finetune(ready: Prepared, options: FinetuneOptions = {}): Promise<Run> {
  const ranks = await joinRanks(options.mpi);
  const { saveDir } = options;
  const first = isFirst(ranks);
  return claimed(first ? saveDir : undefined, async (started) => {
    const part = await partOf(ranks);
    const planned = await together(ranks, () => {
      if (saveDir !== undefined) requireVacant(saveDir, options);
      return planRun(ready, options, part);
    });
    const plan = await agreedPlan(ranks, planned, ready);
    if (saveDir !== undefined && first) {
      removeSeries(saveDir);
      writeTraining(saveDir, plan, ready);
    }
    return trainPlanned(plan, ready, options, { folder: saveDir, started, ranks });
  });
}

/** @throws where a folder holds a pretrained model, or a training that is not at its end, unless that may be given up */
export function requireVacant(folder: string, { overwrite }: Pick<FinetuneOptions, "overwrite">): void {
  if (isPretrained(folder))
    throw new CellkernelError("path", `${folder} holds a pretrained model: choose another folder`, {
      path: folder,
    });
  refuseUnfinished(folder, overwrite);
}

/** @throws where a folder holds a training that is not at its end, unless that may be given up */
export function refuseUnfinished(folder: string, overwrite = false): void {
  if (overwrite || !isUnfinished(folder)) return;
  const how = holdsTraining(folder) && isPretraining(folder) ? "resumePretraining" : "resume";
  throw new CellkernelError(
    "path",
    `${folder} holds a training that is not at its end. Go on with it: ${how}(${JSON.stringify(folder)}) (cellkernel resume ${folder}), choose another folder, or give it up: overwrite (--overwrite)`,
    { path: folder },
  );
}

/** Works out all that a training needs, before anything is written. */
export async function planRun(
  ready: Prepared,
  options: FinetuneOptions,
  part: Part = ALONE,
): Promise<PlannedTraining> {
  const labels = requireLabels(ready);
  const model = await requireModel(ready, options.model);
  const settings = checkSettings(ready, model, options);
  const { split, notes: splitNotes } = splitCells(
    ready,
    labels,
    options.split,
    settings.splitBy,
    settings.trainTestSplitRatio,
  );
  const args = { ...withDecoders(model.args, settings), dropout: settings.dropout };
  const batches = requireBatches(ready, args);
  const size = { classes: labels.classes.length, batches: batches?.names.length };
  const { weights, notes } = startWeights(startOf(model, args), size, settings.seed);
  const genes = geneRows(model.vocabulary, ready.tokens.genes).length;
  const memory = memoryPlan(args, { ...size, genes }, settings, ready.maxLength, part);
  return {
    run: randomUUID(),
    name: settings.name ?? nameOf(ready),
    ...{ args, settings, split, vocabulary: model.vocabulary, start: weights },
    microBatch: settings.microBatch ?? memory?.microBatch ?? settings.batchSize,
    notes: [
      ...splitNotes,
      ...model.notes,
      ...notes,
      ...(settings.doTrain ? [] : ["nothing was learnt (do_train: false): this is the model as it is"]),
      ...(memory ? [memory.why] : []),
    ],
    made: provenance(model),
  };
}

/** What a model is started from, in another architecture. */
export function startOf(model: Model, args: ModelArgs): StartModel {
  const { vocabulary, weightsPath } = model;
  return { args, vocabulary, weightsPath, readWeights: () => model.readWeights() };
}

/** What a run of cells is called where nothing is said. */
export function nameOf({ source }: Prepared): string {
  return basename(source.path).replace(/\.h5ad$/, "");
}

/** How a step's cells fit into the host's memory. A GPU that is asked for has memory of its own, which the worker asks. */
export function memoryPlan(
  args: ModelArgs,
  size: ModelSize,
  settings: RunSettings,
  longest: number,
  { of, neighbours }: Part = ALONE,
) {
  const { device, maxSeqLen } = settings;
  const batchSize = Math.ceil(settings.batchSize / of);
  if (device !== "auto" && device !== "cpu") return undefined;
  return planMemory(
    ...([args, size, batchSize, Math.min(maxSeqLen, longest), objectivesOf(settings)] as const),
    availableMemory() / neighbours,
    { freeze: freezeOf(settings), lora: loraOf(settings) },
  );
}

function requireLabels(ready: Prepared): Labels {
  if (!ready.labels)
    throw new CellkernelError(
      "nothing",
      "the cells were prepared without labels; name the obs column of cell types: preprocess(cells, { cellType: … })",
    );
  const { classes, codes, column } = ready.labels;
  const present = new Set(codes.filter((code) => code >= 0));
  if (present.size < 2)
    throw new CellkernelError(
      "column",
      `the column ${column} holds ${present.size === 0 ? "no label" : `one class, ${classes[[...present][0]]}`}; at least two are needed to learn to tell them apart`,
      { column },
    );
  return ready.labels;
}

function checkSettings(ready: Prepared, model: Model, options: FinetuneOptions): RunSettings {
  const given = typeof options.split === "object";
  const settings = resolve(TRAINING, {
    ...options,
    split: given ? undefined : (options.split as "stratified"),
  });
  const layers = model.args.nlayers;
  const last = lastLayersOf(settings.freeze);
  if (last !== undefined && last > layers)
    throw new CellkernelError(
      "option",
      `the option freeze is "${settings.freeze}"; the model has ${layers} layers (--freeze)`,
      { option: "freeze" },
    );
  checkLora(settings, model);
  const whole = resolveObjectives(settings, model.args);
  checkObjectives(whole, model.args, ready);
  return {
    ...whole,
    dropout: settings.dropout ?? model.args.dropout,
    maxSeqLen: settings.maxSeqLen ?? Math.max(2, ready.maxLength),
    split: given ? "given" : settings.split,
  };
}

function checkLora(settings: Omit<TrainingSettings, "split">, { args }: Model): void {
  const { lora, loraAlpha, loraTargets, freeze } = settings;
  const fault = (option: string, text: string) => new CellkernelError("option", text, { option });
  if (lora === undefined) {
    const idle =
      loraTargets !== undefined ? "loraTargets" : loraAlpha !== undefined ? "loraAlpha" : undefined;
    if (idle) throw fault(idle, `the option ${idle} is for adapters: give their rank too, lora (--lora 8)`);
    return;
  }
  if (freeze !== "none")
    throw fault("freeze", "the options lora and freeze each say what is learnt: give one of the two");
  const most = Math.min(args.embsize, args.d_hid);
  if (lora > most)
    throw fault(
      "lora",
      `the option lora is ${lora}; the model's matrices have rank ${most} at most (--lora)`,
    );
}
