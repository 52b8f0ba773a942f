import type { Prepared, Run } from "cellkernel";
import { exercise, judgeNumber, percent } from "./exercise.js";

/** How much lower a validation loss must be to be more than luck. */
const CLEARLY = 0.05;

/** The loss by which a run's weights were chosen. */
export function keptLoss({ training }: Run): number {
  const kept = training.history.find(({ epoch }) => epoch === training.bestEpoch);
  return kept?.validationLoss ?? Number.POSITIVE_INFINITY;
}

/** The checks of the lesson "fine-tune". */
export const check = {
  /** Accuracy of the most frequent class on the test cells. */
  majority: exercise<[Run, Prepared]>({
    task: "Put a share between 0 and 1 in place of `undefined`.",
    judge: (answer, run, { labels }) => {
      const codes = labels!.codes;
      const { train, test } = run.parts.cells.split;
      const most = mostFrequent(Array.from(train, (cell) => codes[cell]));
      const share = test.filter((cell) => codes[cell] === most).length / test.length;
      return judgeNumber(answer, {
        ...{ truth: share, within: 0.005 },
        right: `Whoever says "${labels!.classes[most]}" of every cell is right in ${percent(share)} of the test cells, and has learnt nothing. A model must be far above that.`,
        wrong: (value) =>
          value > 1
            ? "That is more than 1: a share is wanted, not a percentage or a number of cells."
            : undefined,
      });
    },
    hints: [
      "which type has the most *training* cells? How many of the *test* cells are of that type, and how many test cells are there?",
      "`run.parts.cells.split.test` has the test cells, `ready.labels.codes[cell]` the type of each, as a number; count the cells of each type.",
    ],
    solution: (run, { labels }) => {
      const { train, test } = run.parts.cells.split;
      const most = mostFrequent(Array.from(train, (cell) => labels!.codes[cell]));
      const count = test.filter((cell) => labels!.codes[cell] === most).length;
      return `${count} of the ${test.length} test cells are "${labels!.classes[most]}": \`${count} / ${test.length}\`.`;
    },
  }),

  /** Optimiser steps an epoch. */
  stepsPerEpoch: exercise<[Run]>({
    task: "Put a number in place of `undefined`.",
    judge: (answer, run) => {
      const { cells, batch, steps } = epochOf(run);
      const { validation, test } = run.parts.cells.split;
      const all = Math.ceil((cells + validation.length + test.length) / batch);
      return judgeNumber(answer, {
        ...{ truth: steps, within: 0 },
        right: `${cells} training cells in batches of ${batch} are ${steps} steps${cells % batch === 0 ? "" : `, the last batch being smaller (${cells % batch} cells)`}. After each of them the weights move.`,
        wrong: (value) => {
          if (value === cells) return "That would be a step for each cell; but a step is for a whole batch.";
          if (value === all) return "That counts all cells; but only the training cells are learnt from.";
          if (Math.abs(value - cells / batch) < 1)
            return "Nearly: what happens to the cells that do not fill a batch?";
          return undefined;
        },
      });
    },
    hints: [
      "in an epoch each *training* cell comes once, and a step takes `batchSize` of them.",
      "divide the number of training cells by `options.batchSize`; the rest is a step of its own.",
    ],
    solution: (run) => {
      const { cells, batch, steps } = epochOf(run);
      return `\`Math.ceil(${cells} / ${batch})\`, which is ${steps}.`;
    },
  }),

  /** The epoch whose weights are kept. */
  bestEpoch: exercise<[Run]>({
    task: "Read it from the curves above, and put the number in place of `undefined`.",
    judge: (answer, { training: { bestEpoch, history } }) => {
      const last = history[history.length - 1];
      const learnt = history.reduce((a, b) => (b.trainLoss < a.trainLoss ? b : a));
      return judgeNumber(answer, {
        ...{ truth: bestEpoch ?? Number.NaN, within: 0 },
        right: `After epoch ${bestEpoch} the validation cells were predicted best; the weights of that moment are the run's, and what came later is thrown away.`,
        wrong: (value) => {
          if (value === learnt.epoch)
            return `Epoch ${value} has the lowest *training* loss; but the model has seen these cells.`;
          if (value === last.epoch) return "That is the last epoch; it is kept only where it is the best.";
          const named = history.find(({ epoch }) => epoch === value);
          return (
            named &&
            `After epoch ${value} the validation loss was ${named.validationLoss.toFixed(3)}; another epoch has a lower one.`
          );
        },
      });
    },
    hints: [
      "it is the epoch of the lowest *validation* loss: where is the lowest point of that curve?",
      "`run.training.history` holds the figures of every epoch: sort them by `validationLoss`. Or see what else `run.training` knows.",
    ],
    solution: ({ training }) => `\`run.training.bestEpoch\`, which is ${training.bestEpoch}.`,
  }),

  /** A learning rate between two bad ones. */
  learningRate: exercise<[slow: Run, fast: Run]>({
    task: "Put a learning rate in place of `undefined`, and run both cells.",
    judge: (answer, slow, fast) => {
      const mine = runIn(answer);
      if ("wrong" in mine) return mine;
      const { run } = mine;
      if (run.settings.epochs > slow.settings.epochs)
        return {
          wrong: `With more epochs it is no comparison: let it have ${slow.settings.epochs}, as the other two.`,
        };
      const other = otherCells(run, slow);
      if (other) return { wrong: other };
      const [own, bar] = [keptLoss(run), Math.min(keptLoss(slow), keptLoss(fast))];
      const { lr } = run.settings;
      if (own < 0.9 * bar)
        return {
          right: `With ${lr} the validation loss is ${own.toFixed(2)} after ${run.settings.epochs} epochs; with ${slow.settings.lr} it was ${keptLoss(slow).toFixed(2)}, with ${fast.settings.lr} ${keptLoss(fast).toFixed(2)}. A rate that is too small wastes time, one that is too large spoils the model.`,
        };
      return {
        wrong: `With ${lr} the validation loss is ${own.toFixed(2)}; below ${(0.9 * bar).toFixed(2)} is wanted.`,
      };
    },
    hints: [
      "rates are looked for by powers of ten: what lies between the two?",
      "look at the two curves: the small rate goes the right way, far too slowly; the large one stays up. Take one of those that lie between.",
    ],
    solution: () => "`1e-3`, that of section 2; twice or half as much does as well.",
  }),

  /** How many weights the class decoder has. */
  headWeights: exercise<[Run]>({
    task: "Put a number in place of `undefined`.",
    judge: (answer, run) => {
      const { weights, biases, norms } = headOf(run);
      const all = [...run.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
      return judgeNumber(answer, {
        ...{ truth: weights, within: 0 },
        right: `Of the model's ${all.toLocaleString("en")} weights, ${weights.toLocaleString("en")} learn: ${(100 * (weights / all)).toFixed(2)} %.`,
        wrong: (value) => {
          if (value === all)
            return "That is the whole model; but all of it stays as it is, except the class decoder.";
          if (value === weights - biases)
            return "Nearly: each `Linear` has a bias, too, one for each of its outputs.";
          if (value === weights - norms)
            return "Nearly: a `LayerNorm` has weights as well, two for each of its values.";
          if (value === weights - norms - biases)
            return "These are the matrices; biases and the `LayerNorm`s have weights, too.";
          return undefined;
        },
      });
    },
    hints: [
      "a `Linear` from a values to b has a × b weights, and b more for its bias; a `LayerNorm` of a values has 2 × a.",
      "twice (`Linear` from 64 to 64, then `LayerNorm` of 64), then one `Linear` from 64 to the number of types. Or add up the sizes of the tensors in `run.weights` whose names begin with `cls_decoder.`.",
    ],
    solution: (run) => {
      const width = run.args.embsize;
      return `\`2 * (${width} * ${width} + ${width} + 2 * ${width}) + ${width} * ${run.classes.length} + ${run.classes.length}\`, which is ${headOf(run).weights}.`;
    },
  }),

  /** Settings that over-fit less on the same few cells. */
  mended: exercise<[Run]>({
    task: "Put options in place of `undefined`, for instance `{ ...risky, epochs: 20 }`, and run both cells.",
    judge: (answer, watched) => {
      const mine = runIn(answer);
      if ("wrong" in mine) return mine;
      const other = otherCells(mine.run, watched);
      if (other) return { wrong: other };
      const [own, bar] = [keptLoss(mine.run), keptLoss(watched)];
      const fall = `${bar.toFixed(3)} to ${own.toFixed(3)}`;
      if (own <= bar - CLEARLY)
        return {
          right: `From the same cells the kept validation loss fell from ${fall}. Nothing was added but restraint.`,
        };
      if (own < bar)
        return { wrong: `It fell from ${fall}, which may be luck: by ${CLEARLY} at least is wanted.` };
      return { wrong: `The kept validation loss went from ${fall}: it was to fall by ${CLEARLY} at least.` };
    },
    hints: [
      "fewer epochs change nothing, since the best epoch is kept anyway. What keeps a model from learning cells by heart *while* it learns?",
      "`dropout` hides a share of the values at random in each step, so that nothing can be learnt by heart; try 0.2, 0.4, … With much of it, learning takes more epochs.",
    ],
    solution: () => "`{ ...risky, dropout: 0.5 }`.",
  }),
};

function mostFrequent(codes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

function epochOf(run: Run) {
  const [cells, batch] = [run.parts.cells.split.train.length, run.settings.batchSize];
  return { cells, batch, steps: Math.ceil(cells / batch) };
}

/** How many weights the class decoder has, and how many of them are biases and norms. */
function headOf(run: Run) {
  const own = [...run.weights].filter(([name]) => name.startsWith("cls_decoder."));
  const size = (some: typeof own) => some.reduce((sum, [, { data }]) => sum + data.length, 0);
  // The modules that have a matrix are `Linear`, the others are norms.
  const matrices = own
    .filter(([, { shape }]) => shape.length === 2)
    .map(([name]) => name.replace(/weight$/, ""));
  const isLinear = (name: string) => matrices.some((module) => name.startsWith(module));
  return {
    weights: size(own),
    biases: size(own.filter(([name]) => isLinear(name) && name.endsWith("bias"))),
    norms: size(own.filter(([name]) => !isLinear(name))),
  };
}

/** A run that was given as an answer, or in what it is none. */
function runIn(answer: unknown): { run: Run } | { wrong: string } {
  if (answer instanceof Promise) return { wrong: "That is a promise: put `await` in front of `finetune`." };
  const run = answer as Partial<Run>;
  if (typeof answer !== "object" || !run.training?.history || !run.settings || !run.parts)
    return { wrong: "A run is expected, as `finetune` gives it." };
  if (run.training.history.length === 0) return { wrong: "This run has no epoch behind it." };
  return { run: run as Run };
}

/** Losses are compared on the same cells. */
function otherCells(run: Run, than: Run): string | undefined {
  const [own, wanted] = [run.parts.cells.split, than.parts.cells.split];
  if (own.train.join() !== wanted.train.join())
    return `It learnt from ${own.train.length} cells that are not the ${wanted.train.length} of the run beside it: take its split.`;
  if (own.validation.join() !== wanted.validation.join())
    return "It was validated on other cells: take the same split.";
  return undefined;
}
