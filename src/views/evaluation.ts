import { type EvaluationPayload, encodeAssigned, encodeConfusion, type OpinionData } from "./contract.js";
import { shownName, shownNames } from "./names.js";
import type { AssignedCells, ConfusionInput, ReportInput, TableInput } from "./types.js";

/** The data part of the view of an evaluation. */
export function evaluationPayload(
  input: ReportInput & { confusion: readonly (readonly number[])[] },
): EvaluationPayload {
  const { accuracy, kappa, macro, weighted, perClass, reliability, secondOpinion, notes = [] } = input;
  const bins = reliability?.bins.filter(({ cells }) => cells > 0);
  return {
    ...commonPart(input),
    title: shownName(input.title ?? "Evaluation"),
    shows: "report",
    cells: input.cells,
    notes: notes.map((note) => shownName(note, 2000)),
    figures: {
      accuracy,
      macroF1: macro.f1,
      weightedF1: weighted.f1,
      kappa: Number.isFinite(kappa) ? kappa : null,
      ...(reliability && { calibrationError: reliability.error }),
    },
    precision: perClass.map((scores) => rounded(scores.precision)),
    recall: perClass.map((scores) => rounded(scores.recall)),
    f1: perClass.map((scores) => rounded(scores.f1)),
    ...(secondOpinion && { secondOpinion: opinionData(secondOpinion) }),
    ...(reliability && bins && { reliability: { error: reliability.error, bins } }),
  };
}

function opinionData({ title = "", columns, rows }: TableInput): OpinionData {
  return {
    about: title,
    columns: [...columns],
    rows: rows.map((row) => row.map((value) => (typeof value === "number" ? value : String(value)))),
  };
}

/** The data part of the view of a confusion matrix. */
export function confusionPayload(input: ConfusionInput): EvaluationPayload {
  const { classes, confusion } = input;
  const right = classes.map((_, c) => confusion[c][c]);
  const [truly, taken] = [confusion.map(sum), classes.map((_, c) => sum(confusion.map((row) => row[c])))];
  const share = (some: number, of: number) => (of > 0 ? rounded(some / of) : 0);
  return {
    ...commonPart(input),
    title: "Confusion matrix",
    shows: "confusion",
    cells: sum(truly),
    notes: [],
    figures: {},
    precision: right.map((cells, c) => share(cells, taken[c])),
    recall: right.map((cells, c) => share(cells, truly[c])),
    f1: right.map((cells, c) => share(2 * cells, truly[c] + taken[c])),
  };
}

function commonPart({
  classes,
  confusion,
  assigned,
}: ConfusionInput): Pick<EvaluationPayload, "classes" | "confusion" | "assigned"> {
  return {
    classes: shownNames(classes),
    confusion: encodeConfusion(confusion),
    ...(assigned && { assigned: encoded(assigned) }),
  };
}

function encoded({ table, rows, truth, predicted, probabilities }: AssignedCells) {
  return encodeAssigned(table, rows, truth, predicted, probabilities);
}

/** Digits that can be seen: there may be hundreds of classes. */
function rounded(share: number): number {
  return Number(share.toFixed(4));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
