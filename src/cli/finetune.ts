import { finetune } from "../protocol/finetune.js";
import { loadPrepared } from "../protocol/preparedFolder.js";
import { isRun } from "../protocol/runFolder.js";
import { describeTraining } from "../views/training.js";
import { command, number, oneOf, text, UsageError } from "./command.js";

/** `cellkernel finetune PREPARED --out DIR` */
export const finetuneCommand = command({
  summary: "fine-tunes a model on prepared cells with labels",
  positionals: "PREPARED",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder for the fine-tuned model (needed)" },
    overwrite: { help: "a fine-tuned model that is in that folder already is replaced" },
    model: { value: "DIR", help: "model to start from; default: the one that the cells were prepared for" },
    epochs: { value: "N", help: "passes over the training cells (3)" },
    "batch-size": { value: "N", help: "cells an optimizer step (32)" },
    lr: { value: "X", help: "learning rate (1e-4)" },
    dropout: { value: "X", help: "default: the architecture's" },
    "schedule-ratio": { value: "X", help: "the learning rate falls by this factor … (0.9)" },
    "schedule-interval": { value: "N", help: "… every so many epochs (1)" },
    "max-seq-len": { value: "N", help: "tokens a cell at most; default: the longest cell's" },
    "freeze-predecoder": { help: "the gene and value encoders stay as they are" },
    "head-only": { help: "all but the class decoder stays as it is" },
    "class-weighted": { help: "rare classes count as much as frequent ones" },
    split: { value: "HOW", help: "stratified (80/10/10 of each class; the default) or published (90/10)" },
    "split-by": { value: "COLUMN", help: "obs column whose cells stay together in the split, say the donor" },
    seed: { value: "N", help: "seed of every random choice (0)" },
    device: { value: "NAME", help: "auto (the default), cpu, webgpu or cuda" },
    amp: { help: "mixed precision, on a GPU" },
    threads: { value: "N", help: "CPU threads; default: all cores" },
    name: { value: "NAME", help: "name of the run; default: the data file's" },
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the fine-tuned model.");
    if (isRun(out) && call.values.overwrite !== true)
      throw new UsageError(`${out} holds a fine-tuned model already; give another folder, or --overwrite.`);
    const run = await finetune(loadPrepared(call.positionals[0]), {
      model: text(call, "model"),
      epochs: number(call, "epochs"),
      batchSize: number(call, "batch-size"),
      lr: number(call, "lr"),
      dropout: number(call, "dropout"),
      scheduleRatio: number(call, "schedule-ratio"),
      scheduleInterval: number(call, "schedule-interval"),
      maxSeqLen: number(call, "max-seq-len"),
      freezePredecoder: call.values["freeze-predecoder"] === true,
      headOnly: call.values["head-only"] === true,
      classWeighted: call.values["class-weighted"] === true,
      split: oneOf(call, "split", ["stratified", "published"] as const),
      splitBy: text(call, "split-by"),
      seed: number(call, "seed"),
      device: oneOf(call, "device", ["auto", "cpu", "webgpu", "cuda"]),
      amp: call.values.amp === true,
      threads: number(call, "threads"),
      name: text(call, "name"),
      saveDir: out,
      signal: call.signal,
      onProgress: (progress) => call.progress(describeTraining(progress)),
    });
    const { step, seconds, history, bestEpoch } = run.training;
    return { out, steps: step, seconds, history, bestEpoch, classes: run.classes, notes: run.notes };
  },
  text: ({ out, steps, seconds, history, bestEpoch, notes }) =>
    [
      ...notes.map((note) => `- ${note}`),
      ...history.map(
        ({ epoch, trainLoss, validationLoss, validationError }) =>
          `epoch ${epoch}${epoch === bestEpoch ? " (kept)" : ""}: training loss ${trainLoss.toFixed(4)}, ` +
          `validation loss ${validationLoss.toFixed(4)}, ${(100 * validationError).toFixed(1)} % wrong`,
      ),
      `${steps} steps in ${seconds.toFixed(0)} s. Written to ${out}`,
    ].join("\n"),
});
