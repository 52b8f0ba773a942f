import { type Reliability, reliability } from "../evaluate/calibration.js";
import { coverage, crossFittedSets, predictionSets, type SetCoverage } from "../evaluate/conformal.js";
import { areaUnderRoc } from "../evaluate/metrics.js";
import { FLAGGED } from "../evaluate/unlike.js";
import type { LabelledCells } from "../predict/labels.js";
import type { RunTrust } from "../store/runParts.js";
import { isAssigned } from "./trustColumns.js";

/** How far the labels of evaluated cells could be believed. */
export interface TrustFigures {
  /** By which the logits are divided. */
  temperature: number;
  /** How often labels of a probability are right, as it is given, and as it was before the temperature. */
  reliability: Reliability;
  errorBefore: number;
  /** Of the labels that the threshold gives; undefined where the run has none. */
  assigned?: {
    threshold: number;
    wanted: number;
    /** Share of the cells that get a label. */
    share: number;
    /** Share of right labels among these; NaN without any. */
    precision: number;
  };
  /** Of the prediction sets; undefined where the run has none. */
  sets?: SetCoverage & { wanted: number; crossFitted: boolean };
  /** Of the cells that are unlike all that was learnt; undefined where the run knows no distances. */
  unlike?: UnlikeFigures;
}

/** How many cells are unlike all that was learnt. */
export interface UnlikeFigures {
  /** Share of flagged cells: expected of cells like the run's, and of the evaluated ones. */
  expected: number;
  share: number;
  /** Of cells whose true label the model never saw; undefined without any. */
  unseen?: {
    cells: number;
    share: number;
    /** How well the distance tells them from the evaluated cells: area under the ROC curve, 0.5 for not at all. */
    auroc: number;
  };
}

/** Cells whose class is known, and what the model says of them. */
export interface Compared {
  /** [cells] code of the true class. */
  truth: Int32Array;
  /** [cells] whether the run's sets were made by it. */
  calibrated: boolean[];
  labelled: LabelledCells;
  /** The same before the temperature. */
  before: LabelledCells;
  /** Float32: how unlike these cells are, and how unlike those whose true label the model never saw. */
  unlike?: { evaluated: Float32Array; unseen: Float32Array };
}

/**
 * The figures of some cells. Those by which the run's sets were made are measured by sets that the others of them make:
 * their own would hold as many as wanted whatever the model says.
 */
export function trustFigures(
  trust: RunTrust | undefined,
  classes: number,
  { truth, calibrated, labelled, before, unlike }: Compared,
): TrustFigures {
  const { threshold, sets, temperature = 1 } = trust ?? {};
  const scores = Float64Array.from(labelled.scores);
  return {
    temperature,
    reliability: reliability(truth, scores, classes),
    errorBefore: reliability(truth, Float64Array.from(before.scores), classes).error,
    assigned: threshold ? assignedFigures(threshold, truth, labelled) : undefined,
    sets: sets ? setFigures(sets, truth, scores, classes, calibrated) : undefined,
    unlike: unlike && unlikeFigures(unlike),
  };
}

function unlikeFigures({ evaluated, unseen }: NonNullable<Compared["unlike"]>): UnlikeFigures {
  const share = (scores: Float32Array) => scores.filter((score) => score > 1).length / scores.length;
  return {
    ...{ expected: FLAGGED, share: share(evaluated) },
    unseen:
      unseen.length === 0
        ? undefined
        : { cells: unseen.length, share: share(unseen), auroc: areaUnderRoc(unseen, evaluated) },
  };
}

function assignedFigures(
  threshold: NonNullable<RunTrust["threshold"]>,
  truth: Int32Array,
  { codes, probabilities }: LabelledCells,
) {
  const given = [...truth.keys()].filter((cell) => isAssigned(threshold, probabilities[cell]));
  const right = given.filter((cell) => codes[cell] === truth[cell]).length;
  return {
    threshold: threshold.probability,
    wanted: threshold.wanted,
    share: given.length / truth.length,
    precision: right / given.length,
  };
}

function setFigures(
  { least, coverage: wanted }: NonNullable<RunTrust["sets"]>,
  truth: Int32Array,
  scores: Float64Array,
  classes: number,
  calibrated: boolean[],
) {
  const alpha = 1 - wanted;
  const made = predictionSets(scores, { alpha, least: Float64Array.from(least), few: [] });
  const own = [...truth.keys()].filter((cell) => calibrated[cell]);
  const rows = new Float64Array(own.length * classes);
  own.forEach((cell, i) => {
    rows.set(scores.subarray(cell * classes, (cell + 1) * classes), i * classes);
  });
  const apart = crossFittedSets(
    own.map((cell) => truth[cell]),
    rows,
    classes,
    alpha,
  );
  own.forEach((cell, i) => {
    made.set(apart.subarray(i * classes, (i + 1) * classes), cell * classes);
  });
  return { ...coverage(truth, made, classes), wanted, crossFitted: own.length > 0 };
}

/** The figures under the names of `evaluation_results.json`. A share of no cells is null there. */
export function trustResults(
  { temperature, reliability, errorBefore, assigned, sets, unlike }: TrustFigures,
  classes: readonly string[],
) {
  return {
    calibration: {
      temperature,
      expected_calibration_error: reliability.error,
      expected_calibration_error_before: errorBefore,
      reliability: reliability.bins,
    },
    ...(assigned && {
      assigned: {
        threshold: assigned.threshold,
        wanted_precision: assigned.wanted,
        share: assigned.share,
        precision: assigned.precision,
      },
    }),
    ...(sets && {
      prediction_sets: {
        wanted_coverage: sets.wanted,
        coverage: sets.overall,
        coverage_per_class: Object.fromEntries(classes.map((name, code) => [name, sets.perClass[code]])),
        mean_size: sets.size,
        cross_fitted: sets.crossFitted,
      },
    }),
    ...(unlike && {
      unlike: {
        expected_share: unlike.expected,
        share: unlike.share,
        ...(unlike.unseen && {
          unseen_cells: unlike.unseen.cells,
          unseen_share: unlike.unseen.share,
          unseen_auroc: unlike.unseen.auroc,
        }),
      },
    }),
  };
}
