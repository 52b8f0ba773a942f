import { holdsSeries } from "../store/seriesFolder.js";
import { CellkernelError } from "../support/error.js";
import { type ResumeOptions, resumeTraining } from "./resumeTraining.js";
import type { Run } from "./run.js";
import { resumeSeries } from "./series.js";

/**
 * Goes on with a training that was killed, stopped or interrupted, or with a finished one for more `epochs`; of several in a
 * row (`crossValidate`), with what is left of them. On the CPU the weights at the end are those of a training that was never
 * disturbed, to the bit.
 *
 * @param of the run's folder, or a run that was saved
 * @throws where the folder holds no training, the cells or options are others (says which), or there is nothing left to do
 * @example
 * const longer = await resume("run", { epochs: 2 });
 * longer.training.epoch; // → 2
 */
export async function resume(of: Run | string, options: ResumeOptions = {}): Promise<Run> {
  const folder = typeof of === "string" ? of : of.folder;
  if (folder === undefined)
    throw new CellkernelError(
      "nothing",
      "the run was not saved, so that nothing is kept of its training: give finetune the option saveDir",
    );
  return holdsSeries(folder) ? resumeSeries(folder, options) : resumeTraining(folder, options);
}
