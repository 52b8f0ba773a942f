import { fitTemperature } from "../evaluate/calibration.js";
import { setThresholds } from "../evaluate/conformal.js";
import { labelThreshold } from "../evaluate/unassigned.js";
import { labelCells } from "../predict/labels.js";
import type { RunTrust } from "../store/runParts.js";

/** Labelled cells that the weights were not trained on, and what the model says of them. */
export interface HeldOut {
  /** [cells] code of the true class. */
  truth: ArrayLike<number>;
  /** Float32 [cells × classes] */
  logits: Float32Array;
}

/** What is wanted of the labels. */
export interface Wanted {
  /** Share of right labels among those given. */
  precision: number;
  /** Share of the cells whose set holds their class. */
  coverage: number;
}

/** A threshold by fewer labels is told of: by chance they may all be right. */
const FEW_LABELS = 20;

/**
 * How far a model's probabilities can be believed: temperature and threshold by the validation cells, which chose the
 * weights as well; the prediction sets by the test cells, which no choice saw.
 * @param classes names by code
 */
export function calibrate(
  validation: HeldOut,
  test: HeldOut,
  classes: readonly string[],
  { precision, coverage }: Wanted,
): RunTrust {
  const notes: string[] = [];
  if (validation.logits.some((logit) => !Number.isFinite(logit)))
    return nothing("probabilities are not calibrated: the model's outputs are no finite numbers");
  if (validation.truth.length === 0)
    notes.push("probabilities are not calibrated and no label is left open: there are no validation cells");
  const temperature =
    validation.truth.length === 0 ? 1 : fitTemperature(validation.truth, validation.logits, classes.length);
  return {
    temperature,
    threshold: thresholdOf(validation, classes.length, temperature, precision, notes),
    sets: setsOf(test, classes, temperature, coverage, notes),
    notes,
  };
}

function nothing(note: string): RunTrust {
  return { temperature: 1, threshold: null, sets: null, notes: [note] };
}

function thresholdOf(
  { truth, logits }: HeldOut,
  classes: number,
  temperature: number,
  wanted: number,
  notes: string[],
): RunTrust["threshold"] {
  if (truth.length === 0) return null;
  const { codes, probabilities } = labelCells(logits, classes, temperature);
  const right = Array.from(codes, (code, cell) => code === truth[cell]);
  const { probability, precision, assigned, reached } = labelThreshold(right, probabilities, wanted);
  const labels = Math.round(assigned * truth.length);
  const found = `of ${truth.length} validation cells ${labels} have a probability of at least ${probability.toFixed(3)}, and ${(100 * precision).toFixed(1)} % of their labels are right`;
  if (!reached)
    notes.push(
      `the wanted precision of ${wanted} (precision) is not reached by any threshold; the best that is: ${found}`,
    );
  else if (labels < FEW_LABELS) notes.push(`the threshold of assigned_label rests on few cells: ${found}`);
  return { probability, wanted, precision, assigned };
}

function setsOf(
  { truth, logits }: HeldOut,
  classes: readonly string[],
  temperature: number,
  coverage: number,
  notes: string[],
): RunTrust["sets"] {
  const alpha = 1 - coverage;
  const enough = Math.ceil(1 / alpha - 1e-9) - 1;
  if (truth.length < enough) {
    notes.push(
      `there are no prediction sets: a coverage of ${coverage} needs at least ${enough} test cells, and there are ${truth.length}`,
    );
    return null;
  }
  const scores = Float64Array.from(labelCells(logits, classes.length, temperature).scores);
  const { least, few } = setThresholds(truth, scores, classes.length, alpha);
  if (few.length > 0)
    notes.push(
      `prediction sets hold the true class in ${Number((100 * coverage).toFixed(4))} % of the cells of each class; of all cells together only for ${few.length} of the classes, ` +
        `which have fewer than ${enough} test cells: ${few.map((code) => classes[code]).join(", ")}`,
    );
  return { coverage, least: Array.from(least) };
}
