import { shown, shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import {
  duration,
  type EpochPoint,
  isLive,
  type LossPoint,
  smoothed,
  TRAINING_MIME,
  type TrainingPayload,
} from "./contract.js";
import { shownName } from "./names.js";
import type { TrainingProgress } from "./types.js";
import { plotBundle } from "./vega.js";

const SEPARATOR = " · ";

/** The longest line under the title, in characters. */
const LINE = 200;

/** Most points of a loss curve: more than a screen shows, few enough to send every second. */
const POINTS = 600;

/**
 * The learning curves while training runs: to be shown once and then updated in place.
 * Without a picture, which would cost more time than it is worth at every step.
 *
 * @example
 * const view = host()?.display(trainingUpdate(run.training));
 * view?.update(trainingUpdate({ ...run.training, message: "on to the next epoch" }));
 */
export function trainingUpdate(progress: TrainingProgress): MimeBundle {
  return shown({ [TRAINING_MIME]: trainingPayload(progress), "text/plain": describeTraining(progress) });
}

/**
 * The learning curves of a run that has ended, with a picture for pages without our extension.
 *
 * @example
 * await trainingView(run.training);
 */
export function trainingView(progress: TrainingProgress): Promise<MimeBundle> {
  return shownLater(async () => {
    const { losses, history, bestEpoch } = trainingPayload(progress);
    const text = describeTraining(progress);
    const parts = trainingParts(progress);
    const subtitle = [parts.slice(0, 2), parts.slice(2)].map((line) => shownName(line.join(SEPARATOR), LINE));
    const plot = await plotBundle(
      {
        title: { text: "Learning curves", subtitle },
        spacing: 40,
        hconcat: [lossPlot(losses, history, bestEpoch), ...(measured(history) ? [errorPlot(history)] : [])],
      },
      text,
    );
    return { [TRAINING_MIME]: trainingPayload(progress), ...plot };
  });
}

/** The data part of both views. */
export function trainingPayload(progress: TrainingProgress): TrainingPayload {
  return { ...progress, history: [...progress.history], losses: windows(progress.losses) };
}

/** One line: where the run stands, how it does, how long it takes. */
export function describeTraining(progress: TrainingProgress): string {
  return trainingParts(progress).join(SEPARATOR);
}

function trainingParts(progress: TrainingProgress): string[] {
  const { state, epoch, epochs, step, steps, secondsLeft, seconds, history, bestEpoch, message } = progress;
  const best = history.find((point) => point.epoch === bestEpoch);
  return [
    `${state}: epoch ${epoch} of ${epochs}, step ${step} of ${steps}`,
    isLive(progress) ? `${duration(seconds)} so far` : duration(seconds),
    state === "running" && secondsLeft !== null ? `about ${duration(secondsLeft)} left` : "",
    best
      ? `best epoch ${best.epoch}: validation loss ${best.validationLoss.toFixed(3)}${errorText(best)}`
      : "",
    message ?? "",
  ].filter(Boolean);
}

/** Whether labels are learnt, so that there are mistakes to show. */
function measured(history: readonly EpochPoint[]): boolean {
  return history.some(({ validationError }) => validationError !== null);
}

function errorText({ validationError: error }: EpochPoint): string {
  return error === null ? "" : `, error ${(100 * error).toFixed(1)} %`;
}

function windows(losses: ArrayLike<number>): LossPoint[] {
  const size = Math.max(1, Math.ceil(losses.length / POINTS));
  const points: LossPoint[] = [];
  for (let start = 0; start < losses.length; start += size) {
    const end = Math.min(start + size, losses.length);
    let total = 0;
    for (let i = start; i < end; i++) total += losses[i];
    points.push({ step: end, loss: Number((total / (end - start)).toPrecision(5)) });
  }
  return points;
}

const COLORS = { domain: ["training", "validation"], range: ["#0072b2", "#d55e00"] };

function lossPlot(
  losses: LossPoint[],
  history: readonly EpochPoint[],
  bestEpoch: number | null,
): Record<string, unknown> {
  const x = {
    field: "step",
    type: "quantitative",
    title: "step",
    axis: { grid: false, tickMinStep: 1 },
    scale: { nice: false },
  };
  const y = { field: "loss", type: "quantitative", title: "loss", scale: { zero: false } };
  const color = { field: "set", type: "nominal", scale: COLORS, legend: { title: null, orient: "top" } };
  const line = (points: readonly LossPoint[], set: string, mark: object) => ({
    data: { values: points.map((point) => ({ ...point, set })) },
    mark: { type: "line", ...mark },
    encoding: { x, y, color },
  });
  const validation = history.map(({ step, validationLoss }) => ({ step, loss: validationLoss }));
  const best = history.find(({ epoch }) => epoch === bestEpoch);
  return {
    width: 380,
    height: 220,
    layer: [
      // The weights with the lowest validation loss are kept, so the line stands where that is drawn.
      ...(best ? [keptAt(best.step, x)] : []),
      line(losses, "training", { strokeWidth: 1, opacity: 0.3 }),
      line(smoothed(losses), "training", { strokeWidth: 1.8 }),
      ...(validation.length > 0
        ? [line(validation, "validation", { strokeWidth: 2, point: { filled: true, size: 50 } })]
        : []),
    ],
  };
}

function keptAt(step: number, x: object): Record<string, unknown> {
  return {
    data: { values: [{ step, label: "kept" }] },
    encoding: { x },
    layer: [
      { mark: { type: "rule", strokeDash: [4, 3], color: "#888" } },
      {
        mark: { type: "text", align: "right", dx: -4, baseline: "top", color: "#666" },
        encoding: { text: { field: "label" }, y: { value: 0 } },
      },
    ],
  };
}

function errorPlot(history: readonly EpochPoint[]): Record<string, unknown> {
  return {
    width: 240,
    height: 220,
    data: { values: history.map(({ epoch, validationError }) => ({ epoch, error: validationError })) },
    mark: {
      type: "line",
      strokeWidth: 2,
      color: COLORS.range[1],
      point: { filled: true, size: 50, color: COLORS.range[1] },
    },
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        title: "epoch",
        axis: { grid: false, tickMinStep: 1, format: "d" },
        scale: { domainMin: 1, nice: false, padding: 12 },
      },
      y: {
        field: "error",
        type: "quantitative",
        title: "validation cells labelled wrongly",
        axis: { format: "%" },
      },
    },
  };
}
