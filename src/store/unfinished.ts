import { join } from "node:path";
import { pretrainedEpochs } from "./pretrainedFolder.js";
import { finishedEpochs } from "./runFolder.js";
import { holdsSeries, readSeries } from "./seriesFolder.js";
import { holdsTraining, readTraining } from "./trainingFolder.js";

/** Whether a folder holds a training, or a series of them, that is not at its end. */
export function isUnfinished(folder: string): boolean {
  if (!holdsSeries(folder)) {
    // Of a run that is at its end, the training may have been taken away.
    if (!holdsTraining(folder)) return false;
    const { run, settings, pretraining } = readTraining(folder);
    return (pretraining ? pretrainedEpochs : finishedEpochs)(folder, run) !== settings.epochs;
  }
  const { id, parts } = readSeries(folder);
  const epochs = finishedEpochs(folder, id);
  if (epochs === undefined) return true;
  return parts.some((part) => {
    const own = join(folder, part.folder);
    return holdsTraining(own) && (isUnfinished(own) || readTraining(own).settings.epochs !== epochs);
  });
}
