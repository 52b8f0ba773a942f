import { Random } from "../support/random.js";

/** By what a cell's set of classes is made. */
export interface SetThresholds {
  /** Share of cells whose true class may be missing from their set. */
  alpha: number;
  /** Float64 [classes]: a class is in the set of a cell that gives it at least this probability. */
  least: Float64Array;
  /** Codes of the classes with too few cells for a threshold of their own: they have that of all cells. */
  few: number[];
}

/**
 * Thresholds by which the sets of classes of new cells hold the true one with probability 1 − alpha, for each class:
 * split-conformal prediction with the score 1 − probability of the true class, class by class (Mondrian).
 * Sources: Vovk 2012 (arXiv 1209.2673), Sadinle et al. 2019 (arXiv 1609.00451).
 *
 * A class of fewer than ⌈1 / alpha⌉ − 1 cells can't have one of its own.
 *
 * @param truth [cells] class of each, of cells by which nothing was chosen: neither weights nor checkpoint
 * @param probabilities Float64 [cells × classes]
 */
export function setThresholds(
  truth: ArrayLike<number>,
  probabilities: Float64Array,
  classes: number,
  alpha: number,
): SetThresholds {
  const own: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < truth.length; i++) own[truth[i]].push(probabilities[i * classes + truth[i]]);
  const marginal = threshold(own.flat(), alpha);
  const enough = Math.ceil(1 / alpha - 1e-9) - 1;
  const few = own.flatMap((all, code) => (all.length < enough ? [code] : []));
  const least = Float64Array.from(own, (all) => (all.length < enough ? marginal : threshold(all, alpha)));
  return { alpha, least, few };
}

/** The ⌊alpha · (n + 1)⌋-th smallest probability; 0, by which everything is in the set, where there is none such. */
function threshold(all: number[], alpha: number): number {
  const place = Math.floor(alpha * (all.length + 1) + 1e-9);
  return place === 0 ? 0 : all.sort((a, b) => a - b)[place - 1];
}

/**
 * The classes that each cell may be of.
 * @returns Uint8 [cells × classes]: 1 where the class is in the cell's set. A set can be empty: a cell unlike all.
 */
export function predictionSets(probabilities: Float64Array, { least }: SetThresholds): Uint8Array {
  return Uint8Array.from(probabilities, (p, at) => (p >= least[at % least.length] ? 1 : 0));
}

/** How often sets hold the true class, and how large they are. */
export interface SetCoverage {
  /** Share of the cells whose set holds their class. */
  overall: number;
  /** The same by class; NaN without cells. */
  perClass: number[];
  /** Mean number of classes in a set. */
  size: number;
}

/** @param sets Uint8 [cells × classes] */
export function coverage(truth: ArrayLike<number>, sets: Uint8Array, classes: number): SetCoverage {
  const cells = new Array<number>(classes).fill(0);
  const held = new Array<number>(classes).fill(0);
  for (let i = 0; i < truth.length; i++) {
    cells[truth[i]]++;
    held[truth[i]] += sets[i * classes + truth[i]];
  }
  const sum = (values: ArrayLike<number>) =>
    Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;
  return {
    overall: sum(held) / truth.length,
    perClass: held.map((count, code) => count / cells[code]),
    size: sum(sets) / truth.length,
  };
}

/**
 * The sets of the cells themselves by which thresholds are made, each by the thresholds of the others: in as many parts
 * as `folds`, each class dealt evenly. By them coverage is measured without keeping cells back.
 *
 * @returns Uint8 [cells × classes]
 */
export function crossFittedSets(
  truth: ArrayLike<number>,
  probabilities: Float64Array,
  classes: number,
  alpha: number,
  { folds = 5, seed = 0 } = {},
): Uint8Array {
  const random = new Random(seed);
  const cells = random.shuffle(Int32Array.from({ length: truth.length }, (_, i) => i));
  cells.sort((a, b) => truth[a] - truth[b]);
  const fold = new Uint8Array(truth.length);
  cells.forEach((cell, place) => {
    fold[cell] = place % folds;
  });
  const rows = (of: number[]) =>
    Float64Array.from(
      of.flatMap((cell) => [...probabilities.subarray(cell * classes, (cell + 1) * classes)]),
    );
  const sets = new Uint8Array(truth.length * classes);
  for (let k = 0; k < folds; k++) {
    const apart = [...fold.keys()].filter((cell) => fold[cell] === k);
    const others = [...fold.keys()].filter((cell) => fold[cell] !== k);
    const by = setThresholds(
      others.map((cell) => truth[cell]),
      rows(others),
      classes,
      alpha,
    );
    const made = predictionSets(rows(apart), by);
    apart.forEach((cell, i) => {
      sets.set(made.subarray(i * classes, (i + 1) * classes), cell * classes);
    });
  }
  return sets;
}
