import { calibrateEnsemble } from "../protocol/calibrateEnsemble.js";
import { ensemble } from "../protocol/ensemble.js";
import { loadRun } from "../protocol/run.js";
import { holdsPrepared, loadPrepared } from "../store/preparedFolder.js";
import { isRun } from "../store/runFolder.js";
import { command, text, UsageError } from "./command.js";

/** `cellkernel ensemble RUN RUN … --out DIR` */
export const ensembleCommand = command({
  summary: "makes one run of several, of folds or seeds, that labels by the mean of their probabilities",
  positionals: "RUN RUN …",
  required: 2,
  options: {
    out: { value: "DIR", help: "folder for the ensemble (needed)" },
    cells: {
      value: "CELLS",
      help: "the prepared cells or file that the runs were trained on: the ensemble is calibrated by those that no member has learnt from",
    },
    overwrite: { help: "a fine-tuned model that is in that folder already is replaced" },
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the ensemble.");
    if (isRun(out) && call.values.overwrite !== true)
      throw new UsageError(`${out} holds a fine-tuned model already; give another folder, or --overwrite.`);
    const made = ensemble(await Promise.all(call.positionals.map((folder) => loadRun(folder))));
    const cells = text(call, "cells");
    const run =
      cells === undefined
        ? made
        : await calibrateEnsemble(made, {
            cells: holdsPrepared(cells) ? loadPrepared(cells) : cells,
            signal: call.signal,
          });
    await run.save(out);
    return { out, members: 1 + run.parts.members!.length, classes: run.classes, notes: run.notes };
  },
  text: ({ out, members, classes, notes }) =>
    [
      ...notes.map((note) => `- ${note}`),
      `An ensemble of ${members} runs, ${classes.length} classes. Written to ${out}`,
    ].join("\n"),
});
