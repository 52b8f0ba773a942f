import { setImmediate } from "node:timers/promises";
import { applyLogisticRegression, fitLogisticRegression, nearestNeighbours } from "../evaluate/baselines.js";
import { coordinates, principalSubspace } from "../evaluate/subspace.js";
import type { RunReference } from "../store/reference.js";
import { Random } from "../support/random.js";
import type { TokenStore } from "../tokenize/tokens.js";

/** Cells that simple methods learn from at most, so that they take some seconds and what is kept of them is small. */
const MOST_LEARNT = 2000;
const COMPONENTS = 50;
export const NEIGHBOURS = 15;
/** Largest component of the gradient at which the regression ends: labels no longer change much sooner. */
const TOLERANCE = 1e-3;
/** Cells that are labelled before the page and an interruption are let in. */
const AT_ONCE = 500;

/** Simple methods that learnt from a run's training cells. */
export type Opinion = NonNullable<RunReference["opinion"]>;

/** What they say of cells: Int32 [cells] each, classes by code. */
export interface OpinionLabels {
  /** Int32 [cells]: class by logistic regression. */
  logistic: Int32Array;
  /** Int32 [cells]: class by the nearest neighbours. */
  neighbours: Int32Array;
}

/** Lets the page and an interruption in. */
async function pause(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/**
 * Logistic regression and 15 nearest neighbours on 50 principal components of the values that the model gets.
 * @param train cells of the store; of many a sample is drawn
 * @param labels [cells of the store]: class of each
 * @returns undefined where there are too few cells to learn from
 */
export async function learnOpinion(
  tokens: TokenStore,
  train: Int32Array,
  labels: ArrayLike<number>,
  classes: number,
  signal?: AbortSignal,
): Promise<Opinion | undefined> {
  const learnt =
    train.length <= MOST_LEARNT ? train : new Random(0).shuffle(train.slice()).slice(0, MOST_LEARNT);
  if (learnt.length <= NEIGHBOURS) return undefined;
  const components = Math.min(COMPONENTS, tokens.genes.length, learnt.length - 1);
  const subspace = await principalSubspace(tokens, learnt, components, { between: () => pause(signal) });
  await pause(signal);
  const own = learnt.map((cell) => labels[cell]);
  const rows = coordinates(subspace, tokens, learnt);
  const known = { features: rows, labels: own, columns: components, classes };
  const weights = fitLogisticRegression(known, { tolerance: TOLERANCE });
  return {
    ...{ means: subspace.means, axes: subspace.axes, cells: Float32Array.from(rows), labels: own },
    weights: Float32Array.from(weights),
  };
}

/**
 * What the simple methods say of cells. A cell's labels depend on that cell alone.
 * @param genes the run's: those that the methods learnt by
 * @param tokens of these genes, or of some of them
 */
export async function labelByOpinion(
  { means, axes, weights, cells: known, labels }: Opinion,
  genes: readonly string[],
  classes: number,
  tokens: TokenStore,
  cells: Int32Array,
  signal?: AbortSignal,
): Promise<OpinionLabels> {
  const columns = known.length / labels.length;
  const subspace = { genes, means, axes, components: columns };
  const logistic = new Int32Array(cells.length);
  const neighbours = new Int32Array(cells.length);
  for (let start = 0; start < cells.length; start += AT_ONCE) {
    await pause(signal);
    const rows = coordinates(subspace, tokens, cells.subarray(start, start + AT_ONCE));
    logistic.set(applyLogisticRegression(weights, rows, { columns, classes }).labels, start);
    const near = nearestNeighbours({ features: known, labels, columns, classes }, rows, { k: NEIGHBOURS });
    neighbours.set(near.labels, start);
  }
  return { logistic, neighbours };
}

/**
 * The label that two of three say; the model's where all differ.
 * @returns its code, and how many of the three say what the model says
 */
export function consensus(
  model: number,
  logistic: number,
  neighbours: number,
): { label: number; agreement: number } {
  const agreement = 1 + (logistic === model ? 1 : 0) + (neighbours === model ? 1 : 0);
  return { label: agreement === 1 && logistic === neighbours ? logistic : model, agreement };
}
