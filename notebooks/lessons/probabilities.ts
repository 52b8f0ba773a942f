import type { Report } from "cellkernel";

/** A cell whose type is known, and what the model says of it. */
export interface Outcome {
  cell: string;
  label: string;
  truth: string;
  probability: number;
  right: boolean;
}

/**
 * The labels of the evaluated cells with the probabilities that another temperature would give: logits divided by it, then
 * softmax. At 1 they are those of the network itself, at the run's own temperature those of the report.
 */
export function labelsAt(temperature: number, { parts }: Report): Outcome[] {
  const { run, ready, labelled, evaluated, truth } = parts;
  const classes = run.classes.length;
  // A softmax to the power of a, made to sum to 1 again, is the softmax of logits times a.
  const power = (run.parts.trust?.temperature ?? 1) / temperature;
  return Array.from(evaluated, (cell) => {
    const scores = Array.from(
      labelled.scores.subarray(cell * classes, (cell + 1) * classes),
      (p) => p ** power,
    );
    const code = scores.indexOf(Math.max(...scores));
    return {
      cell: ready.cellNames[cell],
      label: run.classes[code],
      truth: run.classes[truth[cell]],
      probability: scores[code] / scores.reduce((sum, p) => sum + p, 0),
      right: code === truth[cell],
    };
  });
}

/** Cells that are about as sure of their labels. */
export interface Bin {
  cells: number;
  /** Mean probability of their labels. */
  sure: number;
  /** Share of right ones among them. */
  right: number;
}

/** The cells by how sure the model is of them, in intervals of equal width. */
export function reliability(outcomes: readonly Outcome[], intervals = 10): Bin[] {
  const groups: Outcome[][] = Array.from({ length: intervals + 1 }, () => []);
  for (const outcome of outcomes) groups[Math.ceil(outcome.probability * intervals)].push(outcome);
  return groups
    .filter((cells) => cells.length > 0)
    .map((cells) => ({
      cells: cells.length,
      sure: mean(cells.map(({ probability }) => probability)),
      right: mean(cells.map(({ right }) => (right ? 1 : 0))),
    }));
}

/** Expected calibration error: how far sure and right are apart, on average over the cells. */
export function calibrationError(outcomes: readonly Outcome[], intervals = 10): number {
  const apart = reliability(outcomes, intervals).map(
    ({ cells, sure, right }) => cells * Math.abs(sure - right),
  );
  return apart.reduce((sum, value) => sum + value, 0) / outcomes.length;
}

/** What a threshold gives. */
export interface Choice {
  threshold: number;
  /** Share of the cells that get a label: those at least so probable. */
  share: number;
  /** Share of right labels among these; 1 where none is given. */
  precision: number;
}

export function atThreshold(threshold: number, outcomes: readonly Outcome[]): Choice {
  const given = outcomes.filter(({ probability }) => probability >= threshold);
  return {
    threshold,
    share: given.length / outcomes.length,
    precision: given.length === 0 ? 1 : given.filter(({ right }) => right).length / given.length,
  };
}

/** All thresholds that differ in what they give, from the lowest. */
export function thresholds(outcomes: readonly Outcome[]): Choice[] {
  const all = [...new Set(outcomes.map(({ probability }) => probability))].sort((a, b) => a - b);
  return all.map((threshold) => atThreshold(threshold, outcomes));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
