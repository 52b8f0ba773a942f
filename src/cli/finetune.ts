import { join } from "node:path";
import { crossValidate, planSeries } from "../protocol/crossValidate.js";
import { finetune } from "../protocol/finetune.js";
import { forecast, mayTakeHours } from "../protocol/forecast.js";
import { openModel } from "../protocol/model.js";
import { startedAlone } from "../protocol/ranks.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MODEL } from "../settings/model.js";
import { RANKS, type RanksOptions } from "../settings/ranks.js";
import { SERIES } from "../settings/series.js";
import { TRAINING } from "../settings/training.js";
import { loadPrepared } from "../store/preparedFolder.js";
import { isRun } from "../store/runFolder.js";
import { describeTraining } from "../views/training.js";
import { command, type Invocation, text, UsageError } from "./command.js";
import { CONFIG, configured } from "./config.js";
import { asRank } from "./ranks.js";
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
    ...flags({ ...SERIES, ...TRAINING, ...RANKS }),
  },
  async run(call) {
    const ranks = fromFlags(RANKS, call.values);
    return asRank(
      call,
      ranks,
      () => begin(call, ranks),
      async ({ out, ready, asked, notes, several }, { progress }) => {
        if (out === undefined) return forecast(ready, asked);
        const where = { saveDir: out, overwrite: call.values.overwrite === true };
        if (call.values["plan-only"] === true) {
          const { parts } = await planSeries(ready, { ...asked, ...where });
          return { out, parts: parts.map(({ folder }) => folder), notes } as Planned;
        }
        const work = (several ? crossValidate : finetune)(ready, {
          ...{ ...asked, ...where },
          onProgress: (training) => progress(describeTraining(training)),
        });
        const done = trained(out, await untilInterrupted(out, call.signal, work));
        return { ...done, notes: [...notes, ...done.notes] };
      },
    );
  },
  text: (result) =>
    "text" in result ? result.text : "parts" in result ? describePlanned(result) : describeTrained(result),
});

/** Reads and checks what is asked for; says how long it will take where that may be hours. */
async function begin(call: Invocation, ranks: RanksOptions) {
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
  const series = fromFlags(SERIES, call.values);
  const several = Object.keys(series).length > 0;
  const planned = call.values["plan-only"] === true;
  if (planned && !several)
    throw new UsageError("--plan-only is for several trainings: give --folds or --seeds, too.");
  // Seed and split of a file give way to seeds and folds of the command line.
  const seed = series.seeds && call.values.seed === undefined ? undefined : options.seed;
  const split = series.folds && call.values.split === undefined ? undefined : options.split;
  const asked = { ...options, ...series, ...ranks, ...{ seed, split, model, signal: call.signal } };
  const alone = startedAlone(ranks.mpi);
  if (only && !alone) throw new UsageError("--forecast is of one process (mpi off, --mpi off).");
  const { args } = model ?? ready.model ?? {};
  const trains = !only && !planned && alone;
  if (trains && args && mayTakeHours(ready, args, options.epochs ?? TRAINING.epochs.default))
    console.error((await forecast(ready, asked)).text);
  return { out: only ? undefined : out, ready, asked, notes, several };
}

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
