import { setImmediate } from "node:timers/promises";
import { type LabelledCells, logisticRegression, nearestNeighbours } from "../evaluate/baselines.js";
import { classificationReport } from "../evaluate/metrics.js";
import { principalSubspace } from "../evaluate/subspace.js";
import { Random } from "../support/random.js";
import type { TokenStore } from "../tokenize/tokens.js";

/** Cells that simple methods learn from and label at most, so that they take some seconds. */
const MOST_LEARNT = 2000;
const MOST_LABELLED = 2000;
const COMPONENTS = 50;
const NEIGHBOURS = 15;
/** Largest component of the gradient at which the regression ends: labels no longer change much sooner. */
const TOLERANCE = 1e-3;

const NONE = { weightedF1: Number.NaN, accuracy: Number.NaN, macroF1: Number.NaN };

/** How well a method labels cells. */
export interface MethodFigures {
  method: string;
  weightedF1: number;
  accuracy: number;
  macroF1: number;
}

/** What simple methods make of the cells that a run was evaluated on. */
export interface SecondOpinion {
  /** The model first; all on the same cells. */
  methods: MethodFigures[];
  /** Number of cells that were labelled, and that the simple methods learnt from. */
  cells: number;
  learnt: number;
  /** How many of these there are: of more than some thousands, a sample was drawn. */
  ofCells: number;
  ofLearnt: number;
}

/** Cells with the truth, and what the model says of them. */
export interface Opinions {
  tokens: TokenStore;
  /** [cells of the store]: code of the true class, and of the predicted. */
  truth: Int32Array;
  codes: Int32Array;
  classes: readonly string[];
  /** Cells that the model was trained on. */
  train: Int32Array;
  /** Cells to label; none of them is trained on. */
  test: Int32Array;
}

/**
 * Logistic regression and 15 nearest neighbours on 50 principal components of the values that the model gets, and the
 * most frequent class: learnt from the model's training cells, on the cells that it is evaluated on.
 * @returns undefined where there are too few cells to learn from
 */
export async function secondOpinion(
  { tokens, truth, codes, classes, train, test }: Opinions,
  signal?: AbortSignal,
): Promise<SecondOpinion | undefined> {
  const [learnt, labelled] = [sample(train, MOST_LEARNT), sample(test, MOST_LABELLED)];
  if (learnt.length <= NEIGHBOURS || labelled.length === 0) return undefined;
  // Lets the page and an interruption in.
  const between = async () => {
    await setImmediate();
    signal?.throwIfAborted();
  };
  const columns = Math.min(COMPONENTS, tokens.genes.length, learnt.length - 1);
  const rows = await principalSubspace(tokens, learnt, labelled, columns, { between });
  const known: LabelledCells = {
    features: rows.subarray(0, learnt.length * columns),
    labels: learnt.map((cell) => truth[cell]),
    ...{ columns, classes: classes.length },
  };
  const unknown = rows.subarray(learnt.length * columns);
  const own = labelled.map((cell) => truth[cell]);
  const figures = (method: string, labels: ArrayLike<number>): MethodFigures => {
    const { weighted, accuracy, macro } = classificationReport(own, labels, classes as string[]);
    return { method, weightedF1: weighted.f1, accuracy, macroF1: macro.f1 };
  };
  const methods = [
    figures(
      "this model",
      labelled.map((cell) => codes[cell]),
    ),
  ];
  await between();
  try {
    const { labels } = logisticRegression(known, unknown, { tolerance: TOLERANCE });
    methods.push(figures("logistic regression", labels));
  } catch (error) {
    // A figure that is missing must not cost the others.
    methods.push({ method: `logistic regression: ${(error as Error).message}`, ...NONE });
  }
  await between();
  methods.push(
    figures(`${NEIGHBOURS} nearest neighbours`, nearestNeighbours(known, unknown, { k: NEIGHBOURS }).labels),
  );
  methods.push(
    figures(
      "most frequent class",
      own.map(() => mostFrequent(known.labels, classes.length)),
    ),
  );
  return {
    ...{ methods, cells: labelled.length, learnt: learnt.length },
    ...{ ofCells: test.length, ofLearnt: train.length },
  };
}

function sample(cells: Int32Array, most: number): Int32Array {
  return cells.length <= most ? cells : new Random(0).shuffle(cells.slice()).slice(0, most);
}

function mostFrequent(labels: ArrayLike<number>, classes: number): number {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts.indexOf(Math.max(...counts));
}

/** The figures under the names of `evaluation_results.json`. */
export function opinionResults({ methods, cells, learnt, ofCells, ofLearnt }: SecondOpinion) {
  return {
    ...{ cells, of_cells: ofCells, training_cells: learnt, of_training_cells: ofLearnt },
    methods: methods.map(({ method, weightedF1, accuracy, macroF1 }) => ({
      ...{ method, weighted_f1: weightedF1, accuracy, macro_f1: macroF1 },
    })),
  };
}

/** The figures as a table. */
export function opinionTable({ methods, cells, learnt, ofCells, ofLearnt }: SecondOpinion) {
  const some = (count: number, of: number) => (count === of ? `${count}` : `${count} of ${of}`);
  return {
    title: `Second opinion: simple methods that learnt from ${some(learnt, ofLearnt)} training cells, on ${some(cells, ofCells)} cells`,
    decimals: [null, 3, 3, 3],
    columns: ["method", "weighted F1", "accuracy", "macro F1"],
    rows: methods.map((one) => [one.method, one.weightedF1, one.accuracy, one.macroF1]),
  };
}
