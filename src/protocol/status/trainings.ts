import { readdirSync } from "node:fs";
import { join } from "node:path";
import { finishedEpochs, isRun, recordedSeries } from "../../store/runFolder.js";
import type { Series } from "../../store/runParts.js";
import { holdsSeries, type PlannedPart, readSeries } from "../../store/seriesFolder.js";
import { holdsTraining, signOfTraining, trainingOf } from "../../store/trainingFolder.js";
import { bySign, type PieceOfWork } from "./piece.js";

/** The trainings of one setting of a sweep. */
export interface SettingOfSweep {
  /** The name of its folder; of a series by itself, none. */
  name: string;
  pieces: PieceOfWork[];
  /** How its trainings did, when all are done and their ensemble is made. */
  results?: Series;
}

/** The series of a folder: itself, or those in its folders, in the order of their names. */
export function sweepOf(folder: string): SettingOfSweep[] {
  if (holdsSeries(folder)) return [settingOf("", folder)];
  return readdirSync(folder)
    .sort()
    .filter((name) => holdsSeries(join(folder, name)))
    .map((name) => settingOf(name, join(folder, name)));
}

function settingOf(name: string, folder: string): SettingOfSweep {
  const { id, parts } = readSeries(folder);
  const results = recordedSeries(folder, id);
  const prefix = name === "" ? "" : `${name}: `;
  const pieces = parts.map((part) => ({ name: prefix + part.name, ...trainingIn(folder, part) }));
  return { name, pieces: withSteps(pieces), ...(results && { results }) };
}

function trainingIn(folder: string, part: PlannedPart): Omit<PieceOfWork, "name"> {
  const run = join(folder, part.folder);
  const steps = { done: 0, of: null };
  // Of a run that is at its end, the training may have been taken away.
  if (!holdsTraining(run))
    return isRun(run)
      ? { state: "done", ...steps }
      : { state: "wrong", ...steps, fault: `${run} holds no training` };
  const { run: id, epochs } = trainingOf(run);
  if (finishedEpochs(run, id) === epochs) return { state: "done", ...steps };
  return bySign(signOfTraining(run)) ?? { state: "waiting", ...steps };
}

/** Trainings of a series are about as long as each other: what one says of itself holds for those that say nothing. */
function withSteps(pieces: PieceOfWork[]): PieceOfWork[] {
  const of = pieces.find((piece) => piece.of !== null)?.of ?? null;
  return pieces.map((piece) =>
    piece.of === null ? { ...piece, of, done: piece.state === "done" ? (of ?? 0) : 0 } : piece,
  );
}
