import type { ModelArgs } from "../model/args.js";
import { PredictionSession } from "../predict/session.js";
import type { Prepared } from "../store/prepared.js";
import { cellLength } from "../tokenize/batches.js";
import { TrainingJob } from "../train/job.js";
import type { TrainingPlan } from "../train/plan.js";
import { duration } from "../views/contract.js";
import { planRun } from "./finetune.js";
import { type CrossValidateOptions, trainingsOf } from "./trainings.js";
import { trainingPlan } from "./trainPlanned.js";

/** How long a fine-tuning would take here. */
export interface Forecast {
  /** Trainings in a row. */
  trainings: number;
  /** Cells that each learns from. */
  cells: number;
  /** Epochs of each. */
  epochs: number;
  /** Seconds of all that the options say. */
  seconds: number;
  /** Seconds if only the class decoder learnt (`freeze: "head"`): each cell goes through the model once. */
  headOnlySeconds: number;
  /** It in a sentence. */
  text: string;
}

/** Steps that are measured, after as many to warm up, … */
const STEPS = 3;
/** … each of cells enough for so many operations: fewer would measure what a step costs beside them. */
const OPERATIONS = 1e10;

/**
 * Says how long `finetune`, or `crossValidate` where there are folds or seeds, with the same options would take, from a few steps on cells of all lengths that the data have.
 * @throws what `finetune` would throw before its first step
 * @example
 * const { cells, text } = await forecast(ready, { epochs: 3 });
 * cells; // → 560
 * text; // "560 cells × 3 epochs: about …"
 */
export async function forecast(ready: Prepared, options: CrossValidateOptions = {}): Promise<Forecast> {
  const trainings = trainingsOf(ready, options);
  const plan = trainingPlan(await planRun(ready, trainings[0].options), ready);
  const { train, validation, epochs } = plan;
  const sample = spread(plan);
  const onlyHead = plan.freeze === "backbone";
  const training = onlyHead ? 0 : await secondsOfStep(plan, sample, options.signal);
  const forward = await secondsOfPrediction(plan, sample, options.signal);
  const headOnlySeconds = trainings.length * forward * (train.length + validation.length);
  const seconds = onlyHead
    ? headOnlySeconds
    : trainings.length * epochs * (training * train.length + forward * validation.length);
  const cells = train.length;
  const head = onlyHead ? "" : `; with the class decoder alone (--freeze head) ${duration(headOnlySeconds)}`;
  const times = trainings.length > 1 ? `${trainings.length} trainings of ` : "";
  const text = `${times}${cells.toLocaleString("en-US")} cells × ${epochs} epochs: about ${duration(seconds)} here${head}`;
  return { trainings: trainings.length, cells, epochs, seconds, headOnlySeconds, text };
}

/** Operations from which on a training may take an hour on a CPU of 30 GFLOP/s. */
const AN_HOUR = 1e14;

/** Whether a training is so long that a forecast is worth its seconds: by the products of the layers alone. */
export function mayTakeHours({ tokens }: Prepared, args: ModelArgs, epochs: number): boolean {
  return operations(args) * tokens.gene.length * epochs > AN_HOUR;
}

/** Operations of training on a token: twice the weights of the layers forward, four times backward. */
function operations({ nlayers, embsize, d_hid }: ModelArgs): number {
  return 6 * nlayers * (4 * embsize ** 2 + 2 * embsize * d_hid);
}

/** Some of the cells to learn from, of every length in proportion. */
function spread({ args, tokens, train, maxSeqLen, batchSize }: TrainingPlan): Int32Array {
  const length = (cell: number) => cellLength(tokens, cell, maxSeqLen);
  const byLength = [...train].sort((a, b) => length(a) - length(b));
  const mean = byLength.reduce((sum, cell) => sum + length(cell), 0) / byLength.length;
  const step = Math.min(batchSize, Math.ceil(OPERATIONS / (operations(args) * mean)));
  const count = Math.min(STEPS * step, byLength.length);
  return Int32Array.from(
    { length: count },
    (_, i) => byLength[Math.floor(((i + 0.5) * byLength.length) / count)],
  );
}

/** Seconds of training a cell: of the second of two epochs over the sample. */
async function secondsOfStep(plan: TrainingPlan, sample: Int32Array, signal?: AbortSignal): Promise<number> {
  const batchSize = Math.ceil(sample.length / STEPS);
  const small = { ...plan, train: sample, validation: sample.slice(0, 1), epochs: 2, batchSize };
  let seconds = 0;
  const job = new TrainingJob(
    { ...small, microBatch: Math.min(plan.microBatch, batchSize) },
    (event) => {
      if (event.kind === "step" && event.epoch === 2) seconds += event.seconds;
    },
    signal,
  );
  await job.result;
  return seconds / sample.length;
}

/** Seconds of applying the model to a cell, by a model that is ready. */
async function secondsOfPrediction(
  plan: TrainingPlan,
  sample: Int32Array,
  signal?: AbortSignal,
): Promise<number> {
  const { args, classes, batches, weights, batchSize, maxSeqLen, seed, device, threads } = plan;
  const session = new PredictionSession({
    ...{ args, classes, batches, weights, batchSize, maxSeqLen, seed, device, threads },
  });
  try {
    const chunk = (cells: Int32Array) => ({ tokens: plan.tokens, cells, batchLabels: plan.batchLabels });
    await session.predict(chunk(sample.slice(0, 1)), { signal });
    const start = performance.now();
    await session.predict(chunk(sample), { signal });
    return (performance.now() - start) / 1000 / sample.length;
  } finally {
    session.close();
  }
}
