import { resumePretraining } from "../protocol/pretrain.js";
import type { Pretrained } from "../protocol/pretrained.js";
import { resume } from "../protocol/resume.js";
import type { Run } from "../protocol/run.js";
import { flags, fromFlags } from "../settings/flags.js";
import { RANKS } from "../settings/ranks.js";
import { TRAINING } from "../settings/training.js";
import { loadPrepared } from "../store/preparedFolder.js";
import { holdsTraining, isPretraining } from "../store/trainingFolder.js";
import { describeTraining } from "../views/training.js";
import { command, text } from "./command.js";
import { CONFIG, configured } from "./config.js";
import { asRank } from "./ranks.js";
import { describeTrained, trained, untilInterrupted } from "./trained.js";

/** `cellkernel resume RUN` */
export const resumeCommand = command({
  summary: "goes on with a training that was killed or stopped, or with a finished one for more epochs",
  positionals: "RUN",
  required: 1,
  options: {
    cells: { value: "DIR", help: "the prepared cells, where they are no longer where they were" },
    ...CONFIG,
    ...flags({ ...TRAINING, ...RANKS }),
  },
  async run(call) {
    const [out] = call.positionals;
    const ranks = fromFlags(RANKS, call.values);
    return asRank(
      call,
      ranks,
      async () => {
        const cells = text(call, "cells");
        return {
          ...configured(call, TRAINING, "training"),
          cells: cells === undefined ? undefined : loadPrepared(cells),
        };
      },
      async ({ options, notes, cells }, { progress }) => {
        const goOn = holdsTraining(out) && isPretraining(out) ? resumePretraining : resume;
        const work = goOn(out, {
          ...{ ...options, ...ranks, cells, signal: call.signal },
          onProgress: (training) => progress(describeTraining(training)),
        });
        const done = trained(out, await untilInterrupted<Run | Pretrained>(out, call.signal, work));
        return { ...done, notes: [...notes, ...done.notes] };
      },
    );
  },
  text: describeTrained,
});
