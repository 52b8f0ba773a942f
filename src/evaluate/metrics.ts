import { CellkernelError } from "../support/error.js";

/** Scores of one class. All are 0 where they would divide by zero, as scikit-learn's `zero_division=0`. */
export interface ClassScores {
  /** Share of the cells predicted as the class that truly are of it. */
  precision: number;
  /** Share of the cells of the class that were predicted as it. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
  /** Number of cells that are truly of the class. */
  support: number;
}

/** Means of the scores over the classes. */
export type MeanScores = Omit<ClassScores, "support">;

/** How predicted classes agree with the true ones. */
export interface ClassificationReport {
  /** Number of cells. */
  cells: number;
  /** Share of the cells predicted rightly. */
  accuracy: number;
  /** Cohen's κ: agreement beyond that of independent draws; NaN when every cell is of one class in both. */
  kappa: number;
  /** Plain mean over the classes that occur in truth or prediction. */
  macro: MeanScores;
  /** Mean over the classes weighted by support. */
  weighted: MeanScores;
  /** Names of the classes, by index. */
  classes: string[];
  /** In the order of `classes`. */
  perClass: ClassScores[];
  /** [true][predicted]: number of cells. */
  confusion: number[][];
  /** The same as shares of the true class; rows of classes without cells are 0. */
  confusionByRow: number[][];
  /** Indices of the cells that were predicted wrongly, ascending. */
  misclassified: number[];
}

/**
 * Compares predictions with the truth. The numbers are scikit-learn's (`classification_report`,
 * `confusion_matrix`, `cohen_kappa_score`); a class that occurs neither in truth nor in prediction
 * has scores 0 and stays out of the macro mean, as there.
 *
 * @param truth [cells] index into `classes` of each cell's true class.
 * @param predicted [cells] index of its predicted class.
 * @throws when the lengths differ, there are no cells, or an index is outside `classes`.
 * @example
 * const { accuracy, kappa, weighted } = classificationReport([0, 0, 1, 1], [0, 1, 1, 1], ["B", "T"]);
 * accuracy; // → 0.75
 * weighted.f1; // ≈ 0.733
 */
export function classificationReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: readonly string[],
): ClassificationReport {
  const confusion = confusionMatrix(truth, predicted, classes);
  const cells = truth.length;
  const supports = confusion.map(sum);
  const guesses = classes.map((_, p) => sum(confusion.map((row) => row[p])));
  const hits = confusion.map((row, c) => row[c]);

  const perClass = hits.map((hit, c) => ({
    precision: ratio(hit, guesses[c]),
    recall: ratio(hit, supports[c]),
    f1: ratio(2 * hit, guesses[c] + supports[c]),
    support: supports[c],
  }));
  const occurs = classes.map((_, c) => (supports[c] + guesses[c] > 0 ? 1 : 0));
  const accuracy = sum(hits) / cells;
  const byChance = sum(supports.map((support, c) => support * guesses[c])) / cells ** 2;
  const misclassified = [];
  for (let i = 0; i < cells; i++) if (truth[i] !== predicted[i]) misclassified.push(i);

  return {
    cells,
    accuracy,
    kappa: (accuracy - byChance) / (1 - byChance),
    macro: meanScores(perClass, occurs),
    weighted: meanScores(perClass, supports),
    classes: [...classes],
    perClass,
    confusion,
    confusionByRow: confusion.map((row, c) => row.map((count) => ratio(count, supports[c]))),
    misclassified,
  };
}

/**
 * Mean negative natural logarithm of the true class's probability (scikit-learn's `log_loss`).
 *
 * @param truth [cells] index of each cell's true class.
 * @param probabilities [cells × classes], row by row; each row sums to 1.
 * @param epsilon Probabilities are kept between this and 1 less this. The default is scikit-learn's for doubles;
 *   one certain and wrong cell then counts 36.
 * @throws when the lengths disagree.
 * @example
 * logLoss([0, 1], [0.9, 0.1, 0.2, 0.8], 2); // ≈ 0.16425
 */
export function logLoss(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: number,
  epsilon = Number.EPSILON,
): number {
  checkProbabilities(truth, probabilities, classes);
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const own = probabilities[i * classes + truth[i]];
    total -= Math.log(Math.min(Math.max(own, epsilon), 1 - epsilon));
  }
  return total / truth.length;
}

/**
 * Share of the cells whose true class is among the `k` most probable (scikit-learn's `top_k_accuracy_score`).
 *
 * @param truth [cells] index of each cell's true class.
 * @param probabilities [cells × classes], row by row.
 * @throws when the lengths disagree.
 * @example
 * topKAccuracy([0, 2], [0.5, 0.3, 0.2, 0.5, 0.3, 0.2], 3, 2); // → 0.5
 */
export function topKAccuracy(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: number,
  k: number,
): number {
  checkProbabilities(truth, probabilities, classes);
  let hits = 0;
  for (let i = 0; i < truth.length; i++) {
    const own = probabilities[i * classes + truth[i]];
    let before = 0;
    for (let c = 0; c < classes; c++) {
      const other = probabilities[i * classes + c];
      // Of equal ones scikit-learn ranks the later class first.
      if (other > own || (other === own && c > truth[i])) before++;
    }
    if (before < k) hits++;
  }
  return hits / truth.length;
}

/**
 * How well scores tell cells apart: the probability that one of `higher` has a larger score than one of `lower`, equal ones
 * counting half (scikit-learn's `roc_auc_score`). NaN where either is empty.
 */
export function areaUnderRoc(higher: ArrayLike<number>, lower: ArrayLike<number>): number {
  const all = [...Array.from(higher, (x) => [x, 1]), ...Array.from(lower, (x) => [x, 0])];
  all.sort(([a], [b]) => a - b);
  let [won, below] = [0, 0];
  for (let start = 0, end = 0; start < all.length; start = end) {
    let of = 0;
    for (end = start; end < all.length && all[end][0] === all[start][0]; end++) of += all[end][1];
    const others = end - start - of;
    won += of * (below + others / 2);
    below += others;
  }
  return won / (higher.length * lower.length);
}

function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: readonly string[],
): number[][] {
  if (truth.length !== predicted.length) {
    throw new CellkernelError(
      "option",
      `There are ${truth.length} true classes and ${predicted.length} predicted ones; expected as many.`,
    );
  }
  if (truth.length === 0) throw new CellkernelError("nothing", "There are no cells to evaluate.");
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
  for (let i = 0; i < truth.length; i++) {
    for (const code of [truth[i], predicted[i]]) {
      if (!(code >= 0 && code < classes.length)) {
        throw new CellkernelError(
          "option",
          `Cell ${i} has class index ${code}; expected 0 to ${classes.length - 1}.`,
        );
      }
    }
    confusion[truth[i]][predicted[i]]++;
  }
  return confusion;
}

function checkProbabilities(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: number,
): void {
  if (probabilities.length !== truth.length * classes) {
    throw new CellkernelError(
      "option",
      `There are ${probabilities.length} probabilities; expected ${truth.length} cells × ${classes} classes.`,
    );
  }
}

function meanScores(perClass: ClassScores[], weights: number[]): MeanScores {
  const total = sum(weights);
  const mean = (key: keyof MeanScores) =>
    ratio(sum(perClass.map((scores, c) => scores[key] * weights[c])), total);
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
