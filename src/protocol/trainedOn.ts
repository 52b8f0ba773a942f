import { join } from "node:path";
import type { Prepared } from "../store/prepared.js";
import { holdsSeries, readSeries } from "../store/seriesFolder.js";
import { holdsTraining, readTraining } from "../store/trainingFolder.js";
import { cellsOfTraining } from "./resumeTraining.js";

/**
 * The prepared cells that the run of a folder was trained on; undefined where it keeps no training, or they are gone.
 * @throws where others are in their place
 */
export function trainedOn(folder: string): Prepared | undefined {
  const folders = holdsSeries(folder)
    ? readSeries(folder).parts.map((part) => join(folder, part.folder))
    : [folder];
  const own = folders.find(holdsTraining);
  if (own === undefined) return undefined;
  const stored = readTraining(own);
  return stored.cells === undefined ? undefined : cellsOfTraining(stored, undefined);
}
