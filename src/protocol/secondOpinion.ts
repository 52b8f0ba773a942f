import { classificationReport } from "../evaluate/metrics.js";
import { consensus, NEIGHBOURS, type Opinion, type OpinionLabels } from "./opinion.js";

/** How well a method labels cells. */
export interface MethodFigures {
  /** "model", or what the simple method is called. */
  method: string;
  /** Mean F1 of the classes, weighted by their cells. */
  weightedF1: number;
  /** Share of right labels. */
  accuracy: number;
  /** Plain mean F1 of the classes. */
  macroF1: number;
}

/** What simple methods make of the cells that a run was evaluated on. */
export interface SecondOpinion {
  /** The model first; all on the same cells. */
  methods: MethodFigures[];
  /** Number of cells that were labelled, and that the simple methods learnt from. */
  cells: number;
  learnt: number;
  /** Of how many training cells these are a sample. */
  ofLearnt: number;
}

/** Cells whose class is known, and what is said of them: codes, [cells] each. */
export interface Opinions {
  truth: ArrayLike<number>;
  /** The model's labels. */
  codes: ArrayLike<number>;
  others: OpinionLabels;
  classes: readonly string[];
}

/**
 * The figures of logistic regression and nearest neighbours, of the consensus of the three (see `annotate`), and of the most
 * frequent class, beside the model's.
 * @param ofLearnt number of the run's training cells
 */
export function secondOpinion(
  { truth, codes, others: { logistic, neighbours }, classes }: Opinions,
  { labels }: Opinion,
  ofLearnt: number,
): SecondOpinion {
  const figures = (method: string, predicted: ArrayLike<number>): MethodFigures => {
    const { weighted, accuracy, macro } = classificationReport(truth, predicted, classes);
    return { method, weightedF1: weighted.f1, accuracy, macroF1: macro.f1 };
  };
  const most = mostFrequent(labels, classes.length);
  const agreed = Array.from(codes, (code, cell) => consensus(code, logistic[cell], neighbours[cell]).label);
  return {
    methods: [
      figures("this model", codes),
      figures("logistic regression", logistic),
      figures(`${NEIGHBOURS} nearest neighbours`, neighbours),
      figures("consensus of the three", agreed),
      figures(
        "most frequent class",
        Array.from(truth, () => most),
      ),
    ],
    ...{ cells: truth.length, learnt: labels.length, ofLearnt },
  };
}

function mostFrequent(labels: ArrayLike<number>, classes: number): number {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts.indexOf(Math.max(...counts));
}

/** The figures under the names of `evaluation_results.json`. */
export function opinionResults({ methods, cells, learnt, ofLearnt }: SecondOpinion) {
  return {
    ...{ cells, training_cells: learnt, of_training_cells: ofLearnt },
    methods: methods.map(({ method, weightedF1, accuracy, macroF1 }) => ({
      ...{ method, weighted_f1: weightedF1, accuracy, macro_f1: macroF1 },
    })),
  };
}

/** The figures as a table. */
export function opinionTable({ methods, cells, learnt, ofLearnt }: SecondOpinion) {
  const some = learnt === ofLearnt ? `${learnt}` : `${learnt} of ${ofLearnt}`;
  return {
    title: `Second opinion: simple methods that learnt from ${some} training cells, on ${cells} cells`,
    decimals: [null, 3, 3, 3],
    columns: ["method", "weighted F1", "accuracy", "macro F1"],
    rows: methods.map((one) => [one.method, one.weightedF1, one.accuracy, one.macroF1]),
  };
}
