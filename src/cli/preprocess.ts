import { openModel } from "../protocol/model.js";
import { type PreprocessSummary, preprocessFile } from "../protocol/preprocessFile.js";
import { readTrainArgs } from "../protocol/trainArgs.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PREPARATION } from "../settings/preparation.js";
import { READING } from "../settings/reading.js";
import { command, text } from "./command.js";
import { progressLine } from "./progressLine.js";

/** `cellkernel preprocess FILE --out DIR` */
export const preprocessCommand = command({
  summary: "makes the cells of an .h5ad file ready for a model",
  positionals: "FILE",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder to write; without it only the report is made" },
    model: {
      value: "DIR",
      help: "model folder: gives the vocabulary, the bins and, after a fine-tune, the classes",
    },
    vocab: { value: "FILE", help: "without a model: a vocab.json; without either, all genes of the file" },
    config: {
      value: "FILE",
      help: "train_args.yml of the published form, whose options hold unless given here",
    },
    ...flags({ ...PREPARATION, ...READING }),
  },
  async run(call) {
    const [model, config] = [text(call, "model"), text(call, "config")];
    return preprocessFile(
      call.positionals[0],
      {
        ...(config === undefined ? {} : readTrainArgs(config).preparation),
        ...fromFlags({ ...PREPARATION, ...READING }, call.values),
        model: model === undefined ? undefined : await openModel(model),
        vocabulary: text(call, "vocab"),
        signal: call.signal,
        onProgress: (progress) => call.progress(progressLine(progress)),
      },
      text(call, "out"),
    );
  },
  text: describe,
});

function describe({
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
