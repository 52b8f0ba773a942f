import { ensemble } from "../protocol/ensemble.js";
import { loadRun } from "../protocol/run.js";
import { isRun } from "../store/runFolder.js";
import { command, text, UsageError } from "./command.js";

/** `cellkernel ensemble RUN RUN … --out DIR` */
export const ensembleCommand = command({
  summary: "makes one run of several, of folds or seeds, that labels by the mean of their probabilities",
  positionals: "RUN RUN …",
  required: 2,
  options: {
    out: { value: "DIR", help: "folder for the ensemble (needed)" },
    overwrite: { help: "a fine-tuned model that is in that folder already is replaced" },
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the ensemble.");
    if (isRun(out) && call.values.overwrite !== true)
      throw new UsageError(`${out} holds a fine-tuned model already; give another folder, or --overwrite.`);
    const run = ensemble(await Promise.all(call.positionals.map((folder) => loadRun(folder))));
    await run.save(out);
    return { out, members: 1 + run.parts.members!.length, classes: run.classes };
  },
  text: ({ out, members, classes }) =>
    `An ensemble of ${members} runs, ${classes.length} classes. Written to ${out}`,
});
