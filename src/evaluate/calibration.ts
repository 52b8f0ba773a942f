import { CellkernelError } from "../support/error.js";

/** The cells whose largest probability lies in one interval. */
export interface ReliabilityBin {
  /** The interval, its upper end included. */
  from: number;
  to: number;
  /** Cells whose probability falls into it. */
  cells: number;
  /** Mean of the largest probabilities; NaN without cells. */
  confidence: number;
  /** Share of the cells that were labelled rightly; NaN without cells. */
  accuracy: number;
}

/** How well probabilities say how often labels are right. */
export interface Reliability {
  /** By ascending probability. */
  bins: ReliabilityBin[];
  /** Expected calibration error: the mean distance of confidence and accuracy over the bins, weighted by their cells. */
  error: number;
}

/** The temperature is looked for between this and its inverse. */
const LEAST_TEMPERATURE = 0.05;

/**
 * The temperature by which logits are divided so that their softmax says how often labels are right: that of the least
 * log loss. Method: Guo et al. 2017 (arXiv 1706.04599).
 *
 * Where every cell is labelled rightly, nothing says how often labels are wrong, and ever lower temperatures would be
 * better: it is then 1.
 *
 * @param truth [cells] class of each, of cells that were not trained on
 * @param logits Float32 [cells × classes]
 * @throws without cells
 */
export function fitTemperature(truth: ArrayLike<number>, logits: Float32Array, classes: number): number {
  if (truth.length === 0)
    throw new CellkernelError("nothing", "there are no labelled cells to calibrate probabilities by");
  const wrong = Array.from(truth, (own, i) => largest(logits, i * classes, classes) !== own);
  if (!wrong.includes(true)) return 1;
  // By the inverse temperature the loss is convex: its derivative has one zero.
  let [low, high] = [LEAST_TEMPERATURE, 1 / LEAST_TEMPERATURE];
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (slope(truth, logits, classes, middle) > 0) high = middle;
    else low = middle;
  }
  return 2 / (low + high);
}

/** Derivative of the log loss by the inverse temperature: the mean logit expected less that of the true class. */
function slope(truth: ArrayLike<number>, logits: Float32Array, classes: number, inverse: number): number {
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const at = i * classes;
    const top = logits[at + largest(logits, at, classes)];
    let [weights, sum] = [0, 0];
    for (let c = 0; c < classes; c++) {
      const weight = Math.exp((logits[at + c] - top) * inverse);
      weights += weight;
      sum += weight * logits[at + c];
    }
    total += sum / weights - logits[at + truth[i]];
  }
  return total;
}

/**
 * Softmax of logits that are divided by a temperature.
 * @param logits Float32 [cells × classes]
 * @returns Float64 [cells × classes]; each row sums to 1
 */
export function probabilities(logits: Float32Array, classes: number, temperature = 1): Float64Array {
  const out = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    const top = logits[at + largest(logits, at, classes)];
    let total = 0;
    for (let c = at; c < at + classes; c++) {
      out[c] = Math.exp((logits[c] - top) / temperature);
      total += out[c];
    }
    for (let c = at; c < at + classes; c++) out[c] /= total;
  }
  return out;
}

/**
 * Compares the largest probability of cells with how often they are labelled rightly, in intervals of equal width
 * (torchmetrics' `MulticlassCalibrationError(norm="l1")`).
 *
 * @param truth [cells] class of each
 * @param given [cells × classes] probabilities, row by row
 */
export function reliability(
  truth: ArrayLike<number>,
  given: Float64Array,
  classes: number,
  count = 15,
): Reliability {
  const bins = Array.from({ length: count }, () => ({ cells: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < truth.length; i++) {
    const label = largest(given, i * classes, classes);
    const confidence = given[i * classes + label];
    const bin = bins[Math.min(count - 1, Math.max(0, Math.ceil(confidence * count) - 1))];
    bin.cells++;
    bin.confidence += confidence;
    if (label === truth[i]) bin.right++;
  }
  const apart = bins.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0);
  return {
    bins: bins.map(({ cells, confidence, right }, i) => ({
      ...{ from: i / count, to: (i + 1) / count, cells },
      ...{ confidence: confidence / cells, accuracy: right / cells },
    })),
    error: apart / truth.length,
  };
}

/** The place of a row's largest value, of equals the first. */
export function largest(rows: ArrayLike<number>, at: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (rows[at + c] > rows[at + best]) best = c;
  return best;
}
