import { reliability } from "../src/evaluate/calibration.js";
import { coverage, crossFittedSets } from "../src/evaluate/conformal.js";
import { areaUnderRoc } from "../src/evaluate/metrics.js";
import { labelThreshold } from "../src/evaluate/unassigned.js";

/** What is wanted of every method alike. */
const PRECISION = 0.95;
const ALPHA = 0.1;

/** What a method says of cells. */
export interface Said {
  method: string;
  /** [cells]: code of its label. */
  codes: ArrayLike<number>;
  /** [cells × classes]: probabilities, where it gives some. */
  scores?: Float64Array;
  /** [cells]: the larger, the less a cell is like any class. */
  unlike?: ArrayLike<number>;
  /** [cells]: whether its label is left open whatever its probability. */
  open?: (cell: number) => boolean;
}

/** Cells of each part, and their true classes; −1 for a type that was left out. */
export interface Truth {
  codes: ArrayLike<number>;
  classes: number;
  validation: Int32Array;
  test: Int32Array;
  /** Cells of the type that was left out. */
  unseen: Int32Array;
}

export type Figures = Record<string, number>;

/**
 * The figures of a method, all by the same rules: thresholds by the validation cells, everything else on the test cells.
 * `assigned` and `precision` are of the test cells and those of the left-out type together, whose labels are all wrong.
 */
export function figuresOf(said: Said, truth: Truth): Figures {
  const { codes, classes, validation, test, unseen } = truth;
  const right = (cell: number) => said.codes[cell] === codes[cell];
  const figures: Figures = { accuracy: test.filter(right).length / test.length };
  const { scores, unlike } = said;
  if (!scores) return figures;
  const confidence = (cell: number) => scores[cell * classes + said.codes[cell]];
  const own = Array.from(test, (cell) => codes[cell]);
  const rows = Float64Array.from(
    Array.from(test).flatMap((cell) => [...scores.subarray(cell * classes, (cell + 1) * classes)]),
  );
  const sets = coverage(own, crossFittedSets(own, rows, classes, ALPHA), classes);
  const { probability } = labelThreshold(
    Array.from(validation, right),
    Array.from(validation, confidence),
    PRECISION,
  );
  const all = Int32Array.from([...test, ...unseen]);
  const given = all.filter((cell) => confidence(cell) >= probability && !said.open?.(cell));
  const score = (cell: number) => unlike?.[cell] ?? -confidence(cell);
  return {
    ...figures,
    calibrationError: reliability(own, rows, classes).error,
    coverage: sets.overall,
    setSize: sets.size,
    assigned: given.length / all.length,
    precision: given.filter(right).length / given.length,
    ...(unseen.length > 0 && { auroc: areaUnderRoc(Array.from(unseen, score), Array.from(test, score)) }),
  };
}

/** Means of figures over folds, by method, to three digits. */
export function means(folds: readonly Map<string, Figures>[]): Record<string, Figures> {
  return Object.fromEntries(
    [...folds[0].keys()].map((method) => {
      const own = folds.map((fold) => fold.get(method)!);
      const mean = (name: string) =>
        Number((own.reduce((sum, one) => sum + one[name], 0) / own.length).toFixed(3));
      return [method, Object.fromEntries(Object.keys(own[0]).map((name) => [name, mean(name)]))];
    }),
  );
}
