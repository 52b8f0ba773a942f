import { duration, type EpochPoint, isLive, type TrainingPayload } from "../../../src/views/contract.js";
import type { LinkState } from "../linked.js";
import type { Words } from "../words.js";

const SEPARATOR = " · ";

/** How a run stands, in a word or two. */
export function stateOf(run: TrainingPayload, link: LinkState, trans: Words): string {
  if (isLive(run) && link === "lost")
    return trans.__("Ended or lost at step %1", run.step.toLocaleString("en"));
  return {
    running: trans.__("Training"),
    paused: trans.__("Paused"),
    stopping: trans.__("Stopping"),
    finished: trans.__("Finished"),
    stopped: trans.__("Stopped"),
    failed: trans.__("Failed"),
  }[run.state];
}

/** How far it is. */
export function courseOf(run: TrainingPayload, trans: Words): string {
  return [
    trans.__("epoch %1 of %2", run.epoch, run.epochs),
    trans.__("step %1 of %2", run.step.toLocaleString("en"), run.steps.toLocaleString("en")),
    duration(run.seconds),
  ].join(SEPARATOR);
}

/** How it does at the moment, and what there is left. */
export function paceOf(run: TrainingPayload, link: LinkState, trans: Words): string {
  const { learningRate, gradNorm, tokensPerSecond, memory } = run.pace ?? {};
  const going = isLive(run) && link !== "lost";
  // First what matters most: a narrow page cuts the end off.
  const known: [number | null | undefined, (value: number) => string][] = [
    [going ? run.secondsLeft : null, (seconds) => trans.__("about %1 left", duration(seconds))],
    [learningRate, (rate) => trans.__("learning rate %1", String(Number(rate.toPrecision(3))))],
    [gradNorm, (norm) => trans.__("gradient norm %1", norm.toPrecision(3))],
    [tokensPerSecond, (pace) => trans.__("%1 tokens a second", Math.round(pace).toLocaleString("en"))],
    [memory, (bytes) => trans.__("%1 GB of memory", (bytes / 1e9).toFixed(1))],
  ];
  return known.flatMap(([value, say]) => (typeof value === "number" ? [say(value)] : [])).join(SEPARATOR);
}

/** What the reader should know besides. */
export function notesOf(run: TrainingPayload, trans: Words): string[] {
  const best = run.history.find(({ epoch }) => epoch === run.bestEpoch);
  return [run.message ?? "", best ? keptText(best, trans) : ""].filter(Boolean);
}

function keptText({ epoch, validationLoss, validationError }: EpochPoint, trans: Words): string {
  const loss = validationLoss.toFixed(3);
  if (validationError === null) return trans.__("Best epoch %1: validation loss %2.", epoch, loss);
  return trans.__(
    "Best epoch %1: validation loss %2, %3 % of the validation cells labelled wrongly.",
    epoch,
    loss,
    (100 * validationError).toFixed(1),
  );
}

/** The status bar's line: "Training 43 % · 12 s". */
export function briefly(run: TrainingPayload, trans: Words): string {
  const percent = Math.round((100 * run.step) / Math.max(1, run.steps));
  const left = run.state === "running" && run.secondsLeft !== null ? [duration(run.secondsLeft)] : [];
  return [`${stateOf(run, "live", trans)} ${percent} %`, ...left].join(SEPARATOR);
}
