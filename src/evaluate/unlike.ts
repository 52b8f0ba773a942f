import { type ClassPlaces, classDistances } from "./classDistance.js";

/** Share of the cells of known classes that are flagged, where new cells are like those of the run. */
export const FLAGGED = 0.05;
/** A share of flagged cells beyond this many standard deviations is none by chance … */
const DEVIATIONS = 3;
/** … and is told of where it is so many times the expected one. */
const TIMES = 2;

/**
 * The distance from which on a cell counts as unlike its run's: beyond it lie `FLAGGED` of cells like the given ones.
 * @param distances of cells that were not trained on
 * @returns undefined for fewer than 19 cells
 */
export function unlikeThreshold(distances: Float32Array): number | undefined {
  const place = Math.ceil((1 - FLAGGED) * (distances.length + 1) - 1e-9);
  return place > distances.length ? undefined : distances.slice().sort()[place - 1];
}

/** How far each cell is from the classes: above 1 it is unlike all of them. Float32 [cells]. */
export function unlikeScores(
  embeddings: Float32Array,
  columns: number,
  places: ClassPlaces,
  threshold: number,
): Float32Array {
  return classDistances(embeddings, columns, places).map((distance) => distance / threshold);
}

/**
 * Whether more cells of a file are flagged than chance would have it.
 * @param calibration number of cells that the threshold was made by, which is uncertain by them
 */
export function tooManyUnlike(flagged: number, cells: number, calibration: number): boolean {
  const deviation = Math.sqrt(FLAGGED * (1 - FLAGGED) * (1 / cells + 1 / calibration));
  const share = flagged / cells;
  return share > FLAGGED + DEVIATIONS * deviation && share > TIMES * FLAGGED;
}
