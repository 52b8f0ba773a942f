import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "../support/temporary.js";
import type { LoopState } from "../train/loopState.js";
import type { NamedArray } from "./arrays.js";
import type { TrainingCourse } from "./runParts.js";
import { flatWeights, readSealed, shapedWeights, writeSealed } from "./sealed.js";

/** How a training came to where it stands. */
export interface CourseSoFar {
  /** [step] training loss of each step. */
  losses: number[];
  history: TrainingCourse["history"][number][];
  /** Seconds that it ran. */
  seconds: number;
}

/** Where a training stands between two steps: with its plan, all that is needed to go on. */
export interface SavedState {
  state: LoopState;
  course: CourseSoFar;
}

const LAST = "last.safetensors";
const BEST = "best-epoch-";
/** The state names the epoch of its best weights, so that those of a later one, written before it, are not taken for them. */
const bestName = (epoch: number) => `${BEST}${epoch}.safetensors`;

/** Fields of `history`, a row an epoch. */
const POINT = ["epoch", "step", "trainLoss", "validationLoss", "validationError"] as const;

const REMEDY = "start again with overwrite (--overwrite)";

/**
 * Writes where a training stands to its folder: `last.safetensors`, and the best weights where they are new. Each name
 * stands for a whole file at any moment; `last` is written behind the best weights that it names.
 *
 * @param newBest whether the best weights are others than when it was written last
 */
export function writeState(folder: string, { state, course }: SavedState, newBest: boolean): void {
  const { best, weights, optimizer, sums } = state;
  if (best && newBest)
    writeSealed(join(folder, bestName(best.epoch)), new Map(flatWeights("", best.weights)));
  // In float64: JSON has no word for numbers that are not finite.
  const numbers: Record<string, number[]> = {
    progress: [state.epoch, state.batch, state.step, state.skippedSteps],
    sums: [sums.loss, sums.wrong, sums.cells],
    best: best ? [best.epoch, best.score] : [],
    optimizer: [optimizer.step, optimizer.attempts],
    scaler: optimizer.scaler ? [optimizer.scaler.scale, optimizer.scaler.goodSteps] : [],
    losses: course.losses,
    history: course.history.flatMap((point) => POINT.map((field) => point[field] ?? Number.NaN)),
    seconds: [course.seconds],
  };
  const arrays = new Map<string, NamedArray>([
    ...Object.entries(numbers).map(([name, list]): [string, NamedArray] => [name, Float64Array.from(list)]),
    ...flatWeights("weights.", weights),
    ...flatWeights("m.", optimizer.m),
    ...flatWeights("v.", optimizer.v),
  ]);
  writeSealed(join(folder, LAST), arrays);
  const kept = best && bestName(best.epoch);
  for (const name of readdirSync(folder))
    if (name.startsWith(BEST) && name !== kept) rmSync(join(folder, name));
}

/**
 * Reads what `writeState` wrote, to the bit; undefined where nothing was written yet.
 * @param shapes of the weights, by name
 * @throws where a file is missing or not as it was written
 */
export function readState(folder: string, shapes: ReadonlyMap<string, number[]>): SavedState | undefined {
  const last = join(folder, LAST);
  if (!existsSync(last)) return undefined;
  const arrays = readSealed(last, REMEDY);
  const numbers = (name: string) => Array.from(arrays.get(name) ?? []);
  const [epoch, batch, step, skippedSteps] = numbers("progress");
  const [loss, wrong, cells] = numbers("sums");
  const [bestEpoch, score] = numbers("best");
  const [scale, goodSteps] = numbers("scaler");
  const [steps, attempts] = numbers("optimizer");
  const bestArrays =
    bestEpoch === undefined ? undefined : readSealed(join(folder, bestName(bestEpoch)), REMEDY);
  return {
    state: {
      ...{ epoch, batch, step, skippedSteps, sums: { loss, wrong, cells } },
      best: bestArrays && { epoch: bestEpoch, score, weights: shapedWeights("", bestArrays, shapes) },
      weights: shapedWeights("weights.", arrays, shapes),
      optimizer: {
        ...{ step: steps, attempts },
        m: shapedWeights("m.", arrays, shapes),
        v: shapedWeights("v.", arrays, shapes),
        ...(scale !== undefined && { scaler: { scale, goodSteps } }),
      },
    },
    course: {
      losses: numbers("losses"),
      history: pointsOf(numbers("history")),
      seconds: numbers("seconds")[0],
    },
  };
}

/** Clears what a process that was killed while it wrote left in the folder: each may be as large as the state. */
export function clearLeftovers(folder: string): void {
  const targets = new Set([LAST]);
  for (const name of readdirSync(folder)) {
    const made = /^\.(best-epoch-\d+\.safetensors)\./.exec(name);
    if (made) targets.add(made[1]);
  }
  for (const name of targets) removeLeftovers(join(folder, name));
}

function pointsOf(numbers: number[]): CourseSoFar["history"] {
  return Array.from({ length: numbers.length / POINT.length }, (_, i) => {
    const row = numbers.slice(i * POINT.length, (i + 1) * POINT.length);
    const point = Object.fromEntries(
      POINT.map((field, k) => [field, row[k]]),
    ) as CourseSoFar["history"][number];
    return Number.isNaN(point.validationError) ? { ...point, validationError: null } : point;
  });
}
