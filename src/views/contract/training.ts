/** MIME type of {@link TrainingPayload}, which is drawn again in place as training goes on. */
export const TRAINING_MIME = "application/vnd.cellkernel.training.v1+json";

/** What the buttons of a training view ask for. */
export const TRAINING_COMMANDS = ["stop", "pause", "resume"] as const;
export type TrainingCommand = (typeof TRAINING_COMMANDS)[number];

/** What was measured after an epoch. */
export interface EpochPoint {
  /** 1 for the first. */
  epoch: number;
  /** Optimizer steps done when it was measured. */
  step: number;
  /** Mean training loss over the epoch. */
  trainLoss: number;
  /** Mean loss over the validation cells. */
  validationLoss: number;
  /** Share of the validation cells that were labelled wrongly, 0 … 1; null where labels are not learnt. */
  validationError: number | null;
}

/** Mean training loss of the steps up to and with `step`, from the previous point on. */
export interface LossPoint {
  /** Optimizer step, 1 for the first. */
  step: number;
  /** The mean. */
  loss: number;
}

/** How a run does at the moment; what is unknown is left out. */
export interface TrainingPace {
  /** Of the last step. */
  learningRate?: number;
  /** Norm of the last step's gradient over all weights, before clipping. */
  gradNorm?: number;
  /** Of the last steps. */
  tokensPerSecond?: number;
  /** Resident memory of the process, in bytes. */
  memory?: number;
}

/** A training run as it travels in the notebook: the losses are means over windows of consecutive steps. */
export interface TrainingPayload {
  /** Identifies the run: the buttons send it back as the view. */
  run: string;
  /** How it goes, or ended. */
  state: "running" | "paused" | "stopping" | "finished" | "stopped" | "failed";
  /** Optimizer steps done, and how many there will be. */
  step: number;
  steps: number;
  /** Epoch under way (1 for the first), and how many there will be. */
  epoch: number;
  epochs: number;
  /** Seconds since the start; seconds left by the pace so far, null while unknown. */
  seconds: number;
  secondsLeft: number | null;
  /** By ascending step. */
  losses: LossPoint[];
  /** The epochs done so far. */
  history: readonly EpochPoint[];
  /** Epoch with the lowest validation loss so far: its weights are kept. */
  bestEpoch: number | null;
  /** How it does at the moment. */
  pace?: TrainingPace;
  /** A line for the reader, for instance why it stopped. */
  message?: string;
}

/** Whether a run in this state goes on. */
export function isLive({ state }: Pick<TrainingPayload, "state">): boolean {
  return state === "running" || state === "paused" || state === "stopping";
}

/**
 * A training run's payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one
 */
export function readTraining(data: unknown): TrainingPayload {
  const run = (data ?? {}) as Partial<TrainingPayload>;
  const counts = [run.step, run.steps, run.epoch, run.epochs, run.seconds];
  const known = ["running", "paused", "stopping", "finished", "stopped", "failed"].includes(run.state ?? "");
  const points = [run.losses, run.history].every(
    (list) => Array.isArray(list) && list.every((point) => typeof point?.step === "number"),
  );
  if (typeof run.run !== "string" || !known || !points || !counts.every(Number.isFinite))
    throw new Error("The learning curves' data are not whole.");
  return run as TrainingPayload;
}

/** Points over which the loss is smoothed, at most; fewer where there are few. */
const SPAN = 20;

/**
 * The loss as an exponential moving average, without the pull of its start (as Adam's moments are corrected):
 * the noise of single steps taken off, so that the course is seen.
 */
export function smoothed(points: readonly LossPoint[]): LossPoint[] {
  const weight = 1 - 2 / (Math.max(1, Math.min(SPAN, points.length / 5)) + 1);
  let total = 0;
  let counted = 0;
  return points
    .filter(({ loss }) => Number.isFinite(loss))
    .map(({ step, loss }) => {
      total = weight * total + (1 - weight) * loss;
      counted = weight * counted + (1 - weight);
      return { step, loss: Number((total / counted).toPrecision(5)) };
    });
}

/** "45 s", "3 min 20 s", "2 h 05 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
