import { partCurves } from "./objectives.js";
import type { EpochEvent, NoteEvent, StepEvent } from "./plan.js";

/** A training that begins, or goes on after a step: lines of later steps that stand before it don't count. */
export interface BeginEvent {
  kind: "started" | "resumed";
  step: number;
}

/**
 * The curves under the published code's names. What the protocol's calls "mse" is in truth the cross-entropy, here "loss"; where
 * there are other objectives, each has a curve ("train/cls", "train/mse", "train/mvc", …). What is null has none.
 */
export function curvesOf(event: StepEvent | EpochEvent): Record<string, number> {
  if (event.kind === "step")
    return {
      "train/loss": event.loss,
      ...partCurves("train", event.parts),
      ...known("train/err", event.error),
      "train/grad_norm": event.gradNorm,
      lr: event.learningRate,
    };
  return {
    "train/epoch_loss": event.trainLoss,
    ...known("train/epoch_err", event.trainError),
    "valid/loss": event.validationLoss,
    ...partCurves("valid", event.parts),
    ...known("valid/err", event.validationError),
  };
}

function known(name: string, value: number | null): Record<string, number> {
  return value === null ? {} : { [name]: value };
}

/** An event as a line of JSON with its time. Numbers that are not finite are texts: JSON has no word for them. */
export function logLine(event: StepEvent | EpochEvent | NoteEvent | BeginEvent): string {
  const time = new Date().toISOString();
  const said =
    event.kind === "step"
      ? {
          ...{ kind: event.kind, epoch: event.epoch, step: event.step, ...curvesOf(event) },
          ...{ seconds: event.seconds, skipped: event.skipped },
        }
      : event.kind === "epoch"
        ? { kind: event.kind, epoch: event.epoch, step: event.step, ...curvesOf(event) }
        : event;
  return `${JSON.stringify({ time, ...said }, finite)}\n`;
}

function finite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
