import { join } from "node:path";
import { crossValidate, planSeries } from "../protocol/crossValidate.js";
import { finetune } from "../protocol/finetune.js";
import { forecast, mayTakeHours } from "../protocol/forecast.js";
import { openModel } from "../protocol/model.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MODEL } from "../settings/model.js";
import { SERIES } from "../settings/series.js";
import { TRAINING } from "../settings/training.js";
import { loadPrepared } from "../store/preparedFolder.js";
import { isRun } from "../store/runFolder.js";
import { describeTraining } from "../views/training.js";
import { command, text, UsageError } from "./command.js";
import { CONFIG, configured } from "./config.js";
import { describeTrained, trained, untilInterrupted } from "./trained.js";

/** `cellkernel finetune PREPARED --out DIR` */
export const finetuneCommand = command({
  summary: "fine-tunes a model on prepared cells with labels, once or for folds and seeds",
  positionals: "PREPARED",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder for the fine-tuned model (needed)" },
    forecast: { help: "says how long it would take, by a calibration of seconds, and trains nothing" },
    "plan-only": {
      help: "of folds and seeds, only what each training starts from is written: cellkernel resume then does one (DIR/fold-1), in any order and on any machine, and at the end cellkernel resume DIR makes their ensemble",
    },
    overwrite: { help: "a fine-tuned model or a training that is in that folder already is replaced" },
    model: {
      value: "NAME",
      help: "model to start from, a folder or its name in CELLKERNEL_MODELS; default: the one that the cells were prepared for, else that of --config",
    },
    ...flags(MODEL),
    ...CONFIG,
    ...flags({ ...SERIES, ...TRAINING }),
  },
  async run(call) {
    const out = text(call, "out");
    const only = call.values.forecast === true;
    if (out === undefined && !only)
      throw new UsageError("--out is missing: the folder for the fine-tuned model.");
    if (!only && isRun(out!) && call.values.overwrite !== true)
      throw new UsageError(`${out} holds a fine-tuned model already; give another folder, or --overwrite.`);
    const { options, notes, model: named } = configured(call, TRAINING, "training");
    const ready = loadPrepared(call.positionals[0]);
    const own = ready.model && { ...ready.model.given, vocabulary: ready.model.vocabulary };
    const said = fromFlags(MODEL, call.values);
    const name = text(call, "model") ?? (own ? undefined : named);
    const model =
      name !== undefined
        ? await openModel(name, said)
        : own && Object.keys(said).length > 0
          ? await openModel(ready.model!.folder, { ...own, ...said })
          : undefined;
    const several = fromFlags(SERIES, call.values);
    // Seed and split of a file give way to seeds and folds of the command line.
    const seed = several.seeds && call.values.seed === undefined ? undefined : options.seed;
    const split = several.folds && call.values.split === undefined ? undefined : options.split;
    const asked = { ...options, ...several, ...{ seed, split, model, signal: call.signal } };
    if (only) return forecast(ready, asked);
    const overwrite = call.values.overwrite === true;
    if (call.values["plan-only"] === true) {
      if (Object.keys(several).length === 0)
        throw new UsageError("--plan-only is for several trainings: give --folds or --seeds, too.");
      const { parts } = await planSeries(ready, { ...asked, saveDir: out!, overwrite });
      return { out: out!, parts: parts.map(({ folder }) => folder), notes } as Planned;
    }
    const { args } = model ?? ready.model ?? {};
    if (args && mayTakeHours(ready, args, options.epochs ?? TRAINING.epochs.default))
      console.error((await forecast(ready, asked)).text);
    const train = Object.keys(several).length > 0 ? crossValidate : finetune;
    const work = train(ready, {
      ...asked,
      saveDir: out,
      overwrite,
      onProgress: (progress) => call.progress(describeTraining(progress)),
    });
    const done = trained(out!, await untilInterrupted(out!, call.signal, work));
    return { ...done, notes: [...notes, ...done.notes] };
  },
  text: (result) =>
    "text" in result ? result.text : "parts" in result ? describePlanned(result) : describeTrained(result),
});

/** Trainings that are written, and not begun. */
interface Planned {
  out: string;
  /** Their folders in it. */
  parts: string[];
  notes: string[];
}

function describePlanned({ out, parts, notes }: Planned): string {
  return [
    ...notes.map((note) => `- ${note}`),
    ...parts.map((part) => `cellkernel resume ${join(out, part)}`),
    `${parts.length} trainings are planned, each by itself; when all are done: cellkernel resume ${out}`,
  ].join("\n");
}
