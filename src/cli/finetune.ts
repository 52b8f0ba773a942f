import { finetune } from "../protocol/finetune.js";
import { readTrainArgs } from "../protocol/trainArgs.js";
import { flags, fromFlags } from "../settings/flags.js";
import { TRAINING } from "../settings/training.js";
import { loadPrepared } from "../store/preparedFolder.js";
import { isRun } from "../store/runFolder.js";
import { describeTraining } from "../views/training.js";
import { command, text, UsageError } from "./command.js";
import { describeTrained, trained, untilInterrupted } from "./trained.js";

/** `cellkernel finetune PREPARED --out DIR` */
export const finetuneCommand = command({
  summary: "fine-tunes a model on prepared cells with labels",
  positionals: "PREPARED",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder for the fine-tuned model (needed)" },
    overwrite: { help: "a fine-tuned model or a training that is in that folder already is replaced" },
    model: { value: "DIR", help: "model to start from; default: the one that the cells were prepared for" },
    config: {
      value: "FILE",
      help: "train_args.yml of the published form, whose options hold unless given here",
    },
    ...flags(TRAINING),
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the fine-tuned model.");
    if (isRun(out) && call.values.overwrite !== true)
      throw new UsageError(`${out} holds a fine-tuned model already; give another folder, or --overwrite.`);
    const config = text(call, "config");
    const work = finetune(loadPrepared(call.positionals[0]), {
      ...(config === undefined ? {} : readTrainArgs(config).training),
      ...fromFlags(TRAINING, call.values),
      model: text(call, "model"),
      saveDir: out,
      overwrite: call.values.overwrite === true,
      signal: call.signal,
      onProgress: (progress) => call.progress(describeTraining(progress)),
    });
    return trained(out, await untilInterrupted(out, call.signal, work));
  },
  text: describeTrained,
});
