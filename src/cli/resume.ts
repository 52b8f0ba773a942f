import { resume } from "../protocol/resume.js";
import { readTrainArgs } from "../protocol/trainArgs.js";
import { flags, fromFlags } from "../settings/flags.js";
import { TRAINING } from "../settings/training.js";
import { loadPrepared } from "../store/preparedFolder.js";
import { describeTraining } from "../views/training.js";
import { command, text } from "./command.js";
import { describeTrained, trained, untilInterrupted } from "./trained.js";

/** `cellkernel resume RUN` */
export const resumeCommand = command({
  summary: "goes on with a training that was killed or stopped, or with a finished one for more epochs",
  positionals: "RUN",
  required: 1,
  options: {
    cells: { value: "DIR", help: "the prepared cells, where they are no longer where they were" },
    config: {
      value: "FILE",
      help: "train_args.yml of the published form; options that are others than the training's are refused",
    },
    ...flags(TRAINING),
  },
  async run(call) {
    const [out] = call.positionals;
    const [cells, config] = [text(call, "cells"), text(call, "config")];
    const work = resume(out, {
      ...(config === undefined ? {} : readTrainArgs(config).training),
      ...fromFlags(TRAINING, call.values),
      cells: cells === undefined ? undefined : loadPrepared(cells),
      signal: call.signal,
      onProgress: (progress) => call.progress(describeTraining(progress)),
    });
    return trained(out, await untilInterrupted(out, call.signal, work));
  },
  text: describeTrained,
});
