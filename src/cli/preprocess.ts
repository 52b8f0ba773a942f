import { openModel } from "../protocol/model.js";
import { type PreprocessSummary, preprocessFile } from "../protocol/preprocessFile.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MODEL } from "../settings/model.js";
import { PREPARATION } from "../settings/preparation.js";
import { SAMPLES } from "../settings/samples.js";
import { command, text, UsageError } from "./command.js";
import { CONFIG, configured } from "./config.js";
import { progressLine } from "./progressLine.js";
import { doRound, isRound, ROUND_FLAGS, roundText } from "./rounds.js";

/** `cellkernel preprocess FILE… --out DIR`, `cellkernel preprocess --plan PLAN --round R --shard I --out DIR` */
export const preprocessCommand = command({
  summary: "makes the cells of an .h5ad file, or of several, ready for a model",
  positionals: "FILE…",
  required: 0,
  options: {
    out: { value: "DIR", help: "folder to write; without it only the report is made" },
    model: {
      value: "NAME",
      help: "model folder, or its name in CELLKERNEL_MODELS: gives the vocabulary, the bins and, after a fine-tune, the classes; default: that of --config",
    },
    ...ROUND_FLAGS,
    ...flags(MODEL),
    ...CONFIG,
    ...flags({ ...PREPARATION, ...SAMPLES }),
  },
  async run(call) {
    if (isRound(call)) return doRound(call);
    if (call.positionals.length === 0) throw new UsageError("expected FILE…, got none.");
    const { options, notes, model: named } = configured(call, PREPARATION, "preparation");
    const { vocabulary, ...rest } = fromFlags(MODEL, call.values);
    const name = text(call, "model") ?? named;
    const model = name === undefined ? undefined : await openModel(name, { vocabulary, ...rest });
    const summary = await preprocessFile(
      call.positionals,
      {
        ...options,
        ...fromFlags(SAMPLES, call.values),
        model,
        vocabulary: model ? undefined : vocabulary,
        signal: call.signal,
        onProgress: (progress) => call.progress(progressLine(progress)),
      },
      text(call, "out"),
    );
    const opened = model ? model.describe().split("\n") : [];
    return { ...summary, notes: [...notes, ...opened, ...summary.notes] };
  },
  text: (result) => ("path" in result ? roundText(result) : describePrepared(result)),
});

/** A preparation for people. */
export function describePrepared({
  cells,
  genes,
  kept,
  classes,
  batches,
  maxLength,
  notes,
  out,
  reused,
}: PreprocessSummary): string {
  return [
    `${cells} cells × ${genes} genes; kept: ${kept.cells} × ${kept.genes}; longest cell: ${maxLength} tokens`,
    ...(classes ? [`${classes.length} classes: ${classes.join(", ")}`] : []),
    ...(batches ? [`${batches.length} batches: ${batches.join(", ")}`] : []),
    ...notes.map((note) => `- ${note}`),
    ...(out === undefined
      ? []
      : [`${reused ? "Already prepared, with the same options:" : "Written to"} ${out}`]),
  ].join("\n");
}
