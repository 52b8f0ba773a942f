import { existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";
import { FORMAT, readRecord } from "./format.js";

const RECORD = "series.json";
const REMEDY = "start again with overwrite (--overwrite)";

/** A training of a series, before it is done. */
export interface PlannedPart {
  /** "fold 2, seed 0" */
  name: string;
  /** Its run's folder, within that of the series. */
  folder: string;
  fold: number | null;
  seed: number;
}

/** Several trainings that are done one after the other, each in a folder of its own within that of the series. */
export interface PlannedSeries {
  id: string;
  parts: PlannedPart[];
}

/** Where the prepared cells of a series are, if they had no folder of their own. */
export function seriesCells(folder: string): string {
  return join(folder, "cells");
}

/** Whether a folder is that of a series. */
export function holdsSeries(folder: string): boolean {
  return existsSync(join(folder, RECORD));
}

/** Says that a folder holds a series; its trainings stand there already. */
export function writeSeries(folder: string, { id, parts }: PlannedSeries): void {
  writeFileAtomically(
    join(folder, RECORD),
    `${JSON.stringify({ format: FORMAT, id, parts }, undefined, 1)}\n`,
  );
}

/**
 * Reads what `writeSeries` wrote.
 * @throws where it is of another version, or damaged
 */
export function readSeries(folder: string): PlannedSeries {
  const path = join(folder, RECORD);
  const { id, parts } = readRecord(path, { id: "text", parts: "list" }, REMEDY) as unknown as PlannedSeries;
  // What is replaced is removed by this name.
  for (const part of parts)
    if (typeof part?.folder !== "string" || part.folder === "" || basename(part.folder) !== part.folder)
      throw new CellkernelError("format", `${path}: a part names no folder of its own: ${REMEDY}`, { path });
  return { id, parts };
}

/** Removes a series with its trainings; what was made of them stays. */
export function removeSeries(folder: string): void {
  if (!holdsSeries(folder)) return;
  for (const part of readSeries(folder).parts)
    rmSync(join(folder, part.folder), { recursive: true, force: true });
  rmSync(seriesCells(folder), { recursive: true, force: true });
  rmSync(join(folder, RECORD));
}
