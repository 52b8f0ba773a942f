import { CellkernelError } from "../support/error.js";
import { minimise } from "./lbfgs.js";

/** Columns that are compared before a look at whether the cell is too far already. */
const COLUMNS_AT_ONCE = 10;

/** Cells as a dense matrix with their classes. */
export interface LabelledCells {
  /** [cells × features], row by row. */
  features: Float32Array | Float64Array;
  /** [cells] class of each, 0 … classes − 1. */
  labels: ArrayLike<number>;
  /** Number of features of a cell. */
  columns: number;
  /** Number of classes. */
  classes: number;
}

/** What a baseline says of new cells. */
export interface BaselinePrediction {
  /** [cells] the most probable class; of equals the first. */
  labels: Int32Array;
  /** [cells × classes], row by row. */
  probabilities: Float64Array;
}

/**
 * Multinomial logistic regression with an L2 penalty, as scikit-learn's `LogisticRegression(C=c)`: minimises
 * c · Σ log loss + ½ Σ weights², the intercepts unpenalised.
 *
 * @param train The cells to learn from.
 * @param features [cells × train.columns]: the cells to predict.
 * @param options.c Inverse strength of the penalty, 1 by default.
 * @param options.tolerance Largest component of the mean loss's gradient at which the fit ends, 1e-5 by default.
 * @throws when shapes disagree or the fit doesn't converge.
 * @example
 * const train = { features: Float64Array.of(0, 1, 2, 3), labels: [0, 0, 1, 1], columns: 1, classes: 2 };
 * logisticRegression(train, Float64Array.of(0.4, 2.6)).labels; // → [0, 1]
 */
export function logisticRegression(
  train: LabelledCells,
  features: Float32Array | Float64Array,
  options: { c?: number; tolerance?: number } = {},
): BaselinePrediction {
  return applyLogisticRegression(fitLogisticRegression(train, options), features, train);
}

/** The weights of `logisticRegression`, Float64 [classes × (columns + 1)]: of each class those of the features, then its intercept. */
export function fitLogisticRegression(
  train: LabelledCells,
  options: { c?: number; tolerance?: number } = {},
): Float64Array {
  const { columns, classes } = train;
  const cells = rowsOf(train.features, columns);
  checkLabels(train, cells);
  const c = options.c ?? 1;
  const width = columns + 1;
  const weights = new Float64Array(classes * width);

  const objective = (at: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    const probabilities = softmaxRows(train.features, columns, classes, at);
    let loss = 0;
    for (let i = 0; i < cells; i++) {
      loss -= Math.log(Math.max(probabilities[i * classes + train.labels[i]], Number.MIN_VALUE));
      for (let k = 0; k < classes; k++) {
        const error = probabilities[i * classes + k] - (train.labels[i] === k ? 1 : 0);
        for (let j = 0; j < columns; j++) gradient[k * width + j] += error * train.features[i * columns + j];
        gradient[k * width + columns] += error;
      }
    }
    let penalty = 0;
    for (let p = 0; p < at.length; p++) {
      // Divided by c · cells, so that the tolerance means the same for any number of cells.
      const own = p % width === columns ? 0 : at[p];
      penalty += own * own;
      gradient[p] = (gradient[p] + own / c) / cells;
    }
    return (loss + penalty / (2 * c)) / cells;
  };

  if (!minimise(objective, weights, options.tolerance ?? 1e-5, 5000)) {
    throw new CellkernelError(
      "option",
      "Logistic regression didn't converge: scale the features to similar sizes, lower c, or raise the tolerance.",
    );
  }
  return weights;
}

/** @param weights of `fitLogisticRegression` */
export function applyLogisticRegression(
  weights: Float64Array | Float32Array,
  features: Float32Array | Float64Array,
  { columns, classes }: Pick<LabelledCells, "columns" | "classes">,
): BaselinePrediction {
  return withLabels(softmaxRows(features, columns, classes, weights), classes);
}

/**
 * The vote of the `k` nearest training cells by Euclidean distance, as scikit-learn's `KNeighborsClassifier(k)`.
 * Compares each cell with each: for some ten thousand cells.
 *
 * @param train The cells to learn from.
 * @param features [cells × train.columns]: the cells to predict.
 * @param options.k Neighbours that vote, 15 by default.
 * @throws when shapes disagree or there are fewer than `k` training cells.
 * @example
 * const train = { features: Float64Array.of(0, 1, 2, 3), labels: [0, 0, 1, 1], columns: 1, classes: 2 };
 * nearestNeighbours(train, Float64Array.of(0.4), { k: 4 }).probabilities; // → [0.5, 0.5]
 */
export function nearestNeighbours(
  train: LabelledCells,
  features: Float32Array | Float64Array,
  options: { k?: number } = {},
): BaselinePrediction {
  const { columns, classes } = train;
  const k = options.k ?? 15;
  const cells = rowsOf(train.features, columns);
  checkLabels(train, cells);
  if (cells < k)
    throw new CellkernelError(
      "nothing",
      `There are ${cells} training cells; ${k} neighbours need at least ${k}.`,
    );
  const queries = rowsOf(features, columns);
  const shares = new Float64Array(queries * classes);
  // The nearest so far, in order.
  const distances = new Float64Array(k);
  const nearest = new Uint32Array(k);
  for (let q = 0; q < queries; q++) {
    distances.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < cells; i++) {
      let squared = 0;
      const farthest = distances[k - 1];
      // Most cells are known to be too far after a few columns.
      for (let j = 0; j < columns && squared < farthest; ) {
        for (const end = Math.min(columns, j + COLUMNS_AT_ONCE); j < end; j++) {
          const apart = features[q * columns + j] - train.features[i * columns + j];
          squared += apart * apart;
        }
      }
      if (squared >= farthest) continue;
      let place = k;
      for (; place > 0 && squared < distances[place - 1]; place--) {
        distances[place] = distances[place - 1];
        nearest[place] = nearest[place - 1];
      }
      distances[place] = squared;
      nearest[place] = i;
    }
    for (const cell of nearest) shares[q * classes + train.labels[cell]] += 1 / k;
  }
  return withLabels(shares, classes);
}

/** Softmax of features · weights + intercepts, [cells × classes]. */
function softmaxRows(
  features: Float32Array | Float64Array,
  columns: number,
  classes: number,
  weights: Float64Array | Float32Array,
): Float64Array {
  const cells = rowsOf(features, columns);
  const width = columns + 1;
  const rows = new Float64Array(cells * classes);
  for (let i = 0; i < cells; i++) {
    const row = rows.subarray(i * classes, (i + 1) * classes);
    for (let k = 0; k < classes; k++) {
      let logit = weights[k * width + columns];
      for (let j = 0; j < columns; j++) logit += weights[k * width + j] * features[i * columns + j];
      row[k] = logit;
    }
    const top = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let k = 0; k < classes; k++) {
      row[k] = Math.exp(row[k] - top);
      total += row[k];
    }
    for (let k = 0; k < classes; k++) row[k] /= total;
  }
  return rows;
}

function withLabels(probabilities: Float64Array, classes: number): BaselinePrediction {
  const labels = new Int32Array(probabilities.length / classes);
  for (let i = 0; i < labels.length; i++) {
    for (let k = 1; k < classes; k++) {
      if (probabilities[i * classes + k] > probabilities[i * classes + labels[i]]) labels[i] = k;
    }
  }
  return { labels, probabilities };
}

function rowsOf(features: Float32Array | Float64Array, columns: number): number {
  const rows = features.length / columns;
  if (!Number.isInteger(rows)) {
    throw new CellkernelError("option", `${features.length} values don't make rows of ${columns} features.`);
  }
  return rows;
}

function checkLabels(train: LabelledCells, cells: number): void {
  if (train.labels.length !== cells) {
    throw new CellkernelError(
      "option",
      `There are ${train.labels.length} labels for ${cells} training cells.`,
    );
  }
}
