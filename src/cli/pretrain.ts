import { openModel } from "../protocol/model.js";
import { preprocessSamples } from "../protocol/preprocessFile.js";
import { pretrain } from "../protocol/pretrain.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MODEL } from "../settings/model.js";
import { PREPARATION } from "../settings/preparation.js";
import { PRETRAINING } from "../settings/pretraining.js";
import { RANKS } from "../settings/ranks.js";
import { SAMPLES } from "../settings/samples.js";
import { flagOf } from "../settings/setting.js";
import { holdsPrepared, loadPrepared } from "../store/preparedFolder.js";
import { isPretrained } from "../store/pretrainedFolder.js";
import { describeTraining } from "../views/training.js";
import { command, type Invocation, text, UsageError } from "./command.js";
import { progressLine } from "./progressLine.js";
import { asRank } from "./ranks.js";
import { describeTrained, trained, untilInterrupted } from "./trained.js";

// Labels have no part in it; a seed is the preparation's and the training's.
const { cellType, seed, ...PREPARATION_ONLY } = PREPARATION;

/** `cellkernel pretrain FILE… --model DIR|new --out DIR` */
export const pretrainCommand = command({
  summary: "pretrains a model on cells without labels: of files, or prepared",
  positionals: "FILE…",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder for the pretrained model (needed)" },
    model: {
      value: "NAME",
      help: "model to go on from, a folder or its name in CELLKERNEL_MODELS, or new: one that starts at random (needed)",
    },
    overwrite: { help: "a pretrained model or a training that is in that folder already is replaced" },
    ...flags(MODEL),
    ...flags({ ...PREPARATION_ONLY, ...SAMPLES, ...PRETRAINING, ...RANKS }),
  },
  async run(call) {
    const [out, name] = [text(call, "out"), text(call, "model")];
    if (out === undefined) throw new UsageError("--out is missing: the folder for the pretrained model.");
    if (name === undefined)
      throw new UsageError("--model is missing: the folder of the model to go on from, or new.");
    const overwrite = call.values.overwrite === true;
    if (isPretrained(out) && !overwrite)
      throw new UsageError(`${out} holds a pretrained model already; give another folder, or --overwrite.`);
    const { vocabulary, ...rest } = fromFlags(MODEL, call.values);
    const ranks = fromFlags(RANKS, call.values);
    return asRank(
      call,
      ranks,
      async () => {
        const model = name === "new" ? undefined : await openModel(name, { vocabulary, ...rest });
        return { model, ready: await cellsOf(call, { model, vocabulary: model ? undefined : vocabulary }) };
      },
      async ({ model, ready }, { progress }) => {
        const work = pretrain(ready, {
          ...{ ...fromFlags(PRETRAINING, call.values), ...ranks },
          ...{ model: model ?? "new", saveDir: out, overwrite, signal: call.signal },
          onProgress: (training) => progress(describeTraining(training)),
        });
        return trained(out, await untilInterrupted(out, call.signal, work));
      },
    );
  },
  text: describeTrained,
});

/** The cells, prepared now unless they are. */
async function cellsOf(
  call: Invocation,
  by: Pick<Parameters<typeof preprocessSamples>[1], "model" | "vocabulary">,
) {
  const { positionals, values, signal } = call;
  const options = fromFlags({ ...PREPARATION_ONLY, ...SAMPLES }, values);
  if (positionals.length === 1 && holdsPrepared(positionals[0])) {
    const [idle] = Object.keys(options) as (keyof typeof PREPARATION_ONLY)[];
    if (idle)
      throw new UsageError(
        `--${flagOf(idle, { ...PREPARATION_ONLY, ...SAMPLES }[idle])} is for cells of files; those of ${positionals[0]} are prepared.`,
      );
    return loadPrepared(positionals[0]);
  }
  return preprocessSamples(positionals, {
    ...options,
    seed: fromFlags(PRETRAINING, values).seed,
    ...by,
    signal,
    onProgress: (progress) => call.progress(progressLine(progress)),
  });
}
