import { CellkernelError } from "../support/error.js";
import { type PredictionPlan, predictInWorker } from "./job.js";
import { labelCells } from "./labels.js";

/** How 8-bit integers change the labels of some cells. */
export interface Agreement {
  /** How many cells were predicted in both ways. */
  cells: number;
  /** Share of them whose label is the same, 0 … 1. */
  agreement: number;
  /** Largest difference between the two probabilities of the float32 label, 0 … 1. */
  largestDifference: number;
}

/**
 * Predicts a sample of a plan's cells in float32 and in 8-bit integers.
 * @param sample cells at most, spread evenly over the plan's
 */
export async function int8Agreement(
  plan: PredictionPlan,
  sample: number,
  signal?: AbortSignal,
): Promise<Agreement> {
  const { length } = plan.cells;
  if (length === 0) throw new CellkernelError("nothing", "There are no cells to measure int8 by.");
  const size = Math.min(sample, length);
  const cells = Int32Array.from({ length: size }, (_, i) => plan.cells[Math.floor((i * length) / size)]);
  const logits = async (int8: boolean) =>
    (await predictInWorker({ ...plan, cells, int8 }, { signal })).logits;
  return compareLabels(await logits(false), await logits(true), plan.classes);
}

/** @param exact, rounded Float32 [cells × classes]: logits of the same cells */
export function compareLabels(exact: Float32Array, rounded: Float32Array, classes: number): Agreement {
  const cells = exact.length / classes;
  const [a, b] = [labelCells(exact, classes), labelCells(rounded, classes)];
  let same = 0;
  let largestDifference = 0;
  for (let i = 0; i < cells; i++) {
    if (a.codes[i] === b.codes[i]) same++;
    const difference = probability(rounded, i, classes, a.codes[i]) - a.probabilities[i];
    largestDifference = Math.max(largestDifference, Math.abs(difference));
  }
  return { cells, agreement: same / cells, largestDifference };
}

/** Softmax probability of one class of one cell. */
function probability(logits: Float32Array, cell: number, classes: number, code: number): number {
  const row = logits.subarray(cell * classes, (cell + 1) * classes);
  let total = 0;
  for (const x of row) total += Math.exp(x - row[code]);
  return 1 / total;
}
