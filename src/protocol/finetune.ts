import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { cutGeneTable, GENE_TABLE, restoreGeneTable } from "../checkpoint/geneTable.js";
import { host } from "../host/host.js";
import { interruption } from "../host/interruption.js";
import type { Labels } from "../preprocess/labels.js";
import { resolve } from "../settings/setting.js";
import { TRAINING, type TrainingOptions } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import type { RunCells, RunSettings } from "../store/runParts.js";
import { checkWritableFolder } from "../support/destination.js";
import { CellkernelError } from "../support/error.js";
import { claim } from "../support/lock.js";
import { balancedClassWeights } from "../train/classWeights.js";
import { TrainingJob } from "../train/job.js";
import type { Observer } from "../train/loop.js";
import { planMemory } from "../train/memory.js";
import type { Freeze, TrainingPlan, TrainingResult } from "../train/plan.js";
import type { CellSplit } from "../train/split.js";
import { startWeights } from "../train/startWeights.js";
import type { TrainingProgress } from "../views/types.js";
import { geneRows } from "./geneRows.js";
import { keepInterrupted } from "./interruptedRun.js";
import { LiveTraining } from "./liveTraining.js";
import { Model, openModel } from "./model.js";
import { Run } from "./run.js";
import { splitCells } from "./splitCells.js";
import { TrainingRecord } from "./trainingRecord.js";

/** Options of the fine-tuning. */
export interface FinetuneOptions extends Omit<TrainingOptions, "split"> {
  /** Model to start from, or its folder. Default: the one that the cells were prepared for. */
  model?: Model | string;
  /**
   * "stratified": 80 / 10 / 10 of each class for training, validation and test; "published": 90 / 10 whatever
   * the class, without test cells; or the cells themselves. Default "stratified".
   */
  split?: TrainingOptions["split"] | CellSplit;
  /** Where the run is saved at its end. Default: nowhere. */
  saveDir?: string;
  /** Called after every step and epoch. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Rejects at once when aborted, saves nothing; what was reached: `interruptedRun()`. */
  signal?: AbortSignal;
}

/**
 * Fine-tunes a model on prepared cells, in a worker; in a notebook, with live learning curves, whose Stop button
 * ends it early and keeps what was reached. The weights of the lowest validation loss are kept.
 * Method: Ding et al. 2025 (doi 10.1038/s41596-025-01220-1).
 *
 * @throws when there are no labels, fewer than two classes, no model, or an option makes no sense
 */
export async function finetune(ready: Prepared, options: FinetuneOptions = {}): Promise<Run> {
  if (options.saveDir === undefined) return trainRun(ready, options);
  checkWritableFolder(options.saveDir);
  const giveBack = claim(options.saveDir);
  try {
    const run = await trainRun(ready, options);
    await run.save(options.saveDir);
    return run;
  } finally {
    giveBack();
  }
}

async function trainRun(ready: Prepared, options: FinetuneOptions): Promise<Run> {
  const labels = requireLabels(ready);
  const model = await requireModel(ready, options.model);
  const settings = checkSettings(ready, model, options);
  const { split, notes: splitNotes } = splitCells(ready, labels, options.split, options.splitBy);
  const batches = usesBatches(model) ? requireBatches(ready) : undefined;
  const args = { ...model.args, dropout: settings.dropout };
  const size = { classes: labels.classes.length, batches: batches?.names.length };
  const { weights, notes } = startWeights(model, size, settings.seed);
  const rows = geneRows(model.vocabulary, ready.tokens.genes);

  const longest = Math.min(settings.maxSeqLen, ready.maxLength);
  // A GPU that is asked for has memory of its own, which the worker asks.
  const onHost = settings.device === "auto" || settings.device === "cpu";
  const memory = onHost
    ? planMemory(args, { ...size, genes: rows.length }, settings.batchSize, longest)
    : undefined;
  const plan: TrainingPlan = {
    ...{ args, ...size, weights: cutGeneTable(weights, rows), tokens: ready.tokens },
    ...{
      labels: labels.codes,
      batchLabels: batches?.codes,
      train: split.train,
      validation: split.validation,
    },
    ...settings,
    freeze: freezeOf(settings),
    microBatch: memory?.microBatch ?? settings.batchSize,
    classWeights: settings.classWeighted
      ? balancedClassWeights(
          split.train.map((cell) => labels.codes[cell]),
          size.classes,
        )
      : undefined,
  };
  const steps = settings.epochs * Math.ceil(split.train.length / settings.batchSize);
  const record = new TrainingRecord(randomUUID(), steps, settings.epochs);
  if (memory) record.add({ kind: "note", text: memory.why });
  const source = basename(ready.source.path).replace(/\.h5ad$/, "");
  const toRun = (result: TrainingResult) =>
    new Run(
      {
        ...{ name: settings.name ?? source, args, settings },
        ...{
          vocabulary: model.vocabulary,
          classes: labels.classes,
          batches: batches?.names,
        },
        weights: restoreGeneTable(result.weights, rows, weights.get(GENE_TABLE)!),
        training: record.progress(),
        cells: runCells(ready, split),
        notes: [...splitNotes, ...notes, ...(memory ? [memory.why] : [])],
        ...{
          source: ready.source.path,
          preparation: ready.settings,
          recipe: ready.recipe,
        },
      },
      ready,
    );
  return toRun(await trainVisibly(plan, record, options, toRun));
}

/** Runs the plan in a worker and shows it: in the notebook where there is one, and to `onProgress`. */
async function trainVisibly(
  plan: TrainingPlan,
  record: TrainingRecord,
  options: FinetuneOptions,
  toRun: (result: TrainingResult) => Run,
): Promise<TrainingResult> {
  const notebook = host();
  const signal = interruption(options.signal);
  // Whatever watches the training: told how far it is, and whether it matters now.
  const watchers: ((progress: TrainingProgress, now: boolean) => void)[] = [
    (progress, now) => live?.update(progress, now),
    (progress) => options.onProgress?.(progress),
  ];
  const tell = (now: boolean) => {
    const progress = record.progress();
    for (const watch of watchers) watch(progress, now);
  };
  const hear: Observer = (event) => {
    const worth = record.add(event);
    if (!signal?.aborted) tell(worth);
  };
  const job = new TrainingJob(plan, [hear], signal);
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
  try {
    const result = await job.result;
    record.finish(result);
    return result;
  } catch (error) {
    if (signal?.aborted) {
      record.interrupted();
      const reached = job.reached.then((result) => {
        record.finish(result);
        return toRun(result);
      });
      keepInterrupted(reached);
    } else record.fail(error);
    throw error;
  } finally {
    tell(true);
    await live?.close(record.progress());
  }
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

async function requireModel(ready: Prepared, given: Model | string | undefined): Promise<Model> {
  const model = typeof given === "string" ? await openModel(given) : (given ?? ready.model);
  if (!model)
    throw new CellkernelError(
      "nothing",
      'there is no model: prepare the cells for one, preprocess(cells, { model: await openModel("…") }), or give the option model',
    );
  return model instanceof Model ? model : openModel(model.folder);
}

function usesBatches({ args }: Model): boolean {
  return (
    args.use_batch_labels === true ||
    Boolean(args.domain_spec_batchnorm && args.domain_spec_batchnorm !== "batchnorm")
  );
}

function requireBatches(ready: Prepared) {
  const { batches } = ready;
  if (!batches)
    throw new CellkernelError(
      "nothing",
      "the model uses batch labels; name their obs column: preprocess(cells, { batch: … })",
    );
  const missing = batches.codes.indexOf(-1);
  if (missing >= 0)
    throw new CellkernelError(
      "column",
      `cell ${ready.cellNames[missing]} has no value in the batch column ${batches.column}, which the model needs`,
      { column: batches.column, cell: ready.cellNames[missing] },
    );
  return batches;
}

function checkSettings(ready: Prepared, model: Model, options: FinetuneOptions): RunSettings {
  const given = typeof options.split === "object";
  const settings = resolve(TRAINING, {
    ...options,
    split: given ? undefined : (options.split as "stratified"),
  });
  return {
    ...settings,
    dropout: settings.dropout ?? model.args.dropout,
    maxSeqLen: settings.maxSeqLen ?? Math.max(2, ready.maxLength),
    split: given ? "given" : settings.split,
  };
}

/** What stays as it was loaded. */
function freezeOf({ headOnly, freezePredecoder }: RunSettings): Freeze {
  return headOnly ? "backbone" : freezePredecoder ? "encoders" : "nothing";
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
