import { smoothed, type TrainingPayload } from "../../../src/views/contract.js";
import type { Words } from "../words.js";
import type { Chart } from "./chartData.js";

/** The loss by step: training smoothed over what it is made of, validation, and whose weights are kept. */
export function lossChart(run: TrainingPayload, trans: Words): Chart {
  const losses = (points: TrainingPayload["losses"]) =>
    points.map(({ step, loss }) => ({ x: step, y: loss }));
  const best = run.history.find(({ epoch }) => epoch === run.bestEpoch);
  return {
    title: trans.__("Loss"),
    xLabel: trans.__("step"),
    xRange: [0, Math.max(run.step, 1)],
    curves: [
      { name: "raw", label: "", points: losses(run.losses) },
      { name: "training", label: trans.__("training"), points: losses(smoothed(run.losses)) },
      {
        name: "validation",
        label: trans.__("validation"),
        points: run.history.map(({ step, validationLoss }) => ({ x: step, y: validationLoss })),
        dots: true,
      },
    ],
    said: trans.__(
      "Loss by step: training %1, validation %2 at the end",
      lastOf(smoothed(run.losses).map(({ loss }) => loss)),
      lastOf(run.history.map(({ validationLoss }) => validationLoss)),
    ),
    ...(best && { mark: { x: best.step, label: trans.__("kept") } }),
  };
}

/** The last value, as it is told; a dash where there is none. */
function lastOf(values: readonly number[], percent = false): string {
  const last = values.at(-1) ?? Number.NaN;
  if (!Number.isFinite(last)) return "–";
  return percent ? `${(100 * last).toFixed(1)} %` : String(Number(last.toPrecision(3)));
}

/** From the first to the last epoch that was validated: not each one need be. */
function validatedEpochs({ history }: TrainingPayload): [number, number] {
  const [first, last] = [history[0]?.epoch ?? 1, history.at(-1)?.epoch ?? 1];
  return first < last ? [first, last] : [last - 1, last + 1];
}

/** The share of mistakes by epoch. */
export function errorChart(run: TrainingPayload, trans: Words): Chart {
  return {
    title: trans.__("Validation cells labelled wrongly"),
    xLabel: trans.__("epoch"),
    xRange: validatedEpochs(run),
    percent: true,
    said: trans.__(
      "Validation cells labelled wrongly by epoch: %1 at the end",
      lastOf(
        run.history.map(({ validationError }) => validationError ?? Number.NaN),
        true,
      ),
    ),
    curves: [
      {
        name: "validation",
        label: trans.__("wrong"),
        points: run.history.flatMap(({ epoch, validationError }) =>
          validationError === null ? [] : [{ x: epoch, y: validationError }],
        ),
        dots: true,
      },
    ],
  };
}
