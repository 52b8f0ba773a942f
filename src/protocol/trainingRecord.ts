import type { CourseSoFar } from "../store/stateFile.js";
import type { TrainingEvent, TrainingResult } from "../train/plan.js";
import { duration, type EpochPoint, isLive, type TrainingPace } from "../views/contract.js";
import type { TrainingProgress } from "../views/types.js";

/** Steps before the pace is taken for that of the rest; the first is slower than the others. */
const STEPS_TO_TIME = 3;

/** Seconds from which on a run is worth a thought of what less would take. */
const LONG = 600;

/** A training run so far, kept up by the events of its worker. */
export class TrainingRecord {
  private readonly losses: number[] = [];
  private readonly history: EpochPoint[] = [];
  private readonly started = performance.now();
  private state: TrainingProgress["state"] = "running";
  private message: string | undefined = "starting";
  private epoch = 1;
  private best: EpochPoint | undefined;
  private timed = { tokens: 0, seconds: 0 };
  private tokensLeft = 0;
  private validationSeconds = 0;
  private epochStepsEnded = 0;
  private skipped = 0;
  private pace: TrainingPace = {};
  /** Steps taken since it began or went on. */
  private stepsHere = 0;
  private readonly secondsBefore: number;

  /**
   * @param run identifies the run
   * @param steps optimizer steps that there will be
   * @param epochs passes over the cells that there will be
   * @param before what there was of it before it went on
   */
  constructor(
    readonly run: string,
    private readonly steps: number,
    private readonly epochs: number,
    before: CourseSoFar = { losses: [], history: [], seconds: 0 },
  ) {
    this.secondsBefore = before.seconds;
    this.losses.push(...before.losses);
    for (const point of before.history) this.addPoint(point);
  }

  /** Takes up an event of the worker. Returns true when it is worth a line of its own. */
  add(event: TrainingEvent): boolean {
    if (event.kind === "snapshot") return false;
    if (event.kind === "note") {
      this.message = event.text;
      return true;
    }
    if (event.kind === "epoch") {
      const { epoch, step, trainLoss, validationLoss, validationError } = event;
      this.addPoint({ epoch, step, trainLoss, validationLoss, validationError });
      this.validationSeconds = (performance.now() - this.epochStepsEnded) / 1000;
      this.message =
        `epoch ${epoch} of ${this.epochs}: training loss ${trainLoss.toFixed(4)}, ` +
        `validation loss ${validationLoss.toFixed(4)}` +
        (validationError === null ? "" : `, ${(100 * validationError).toFixed(1)} % wrong`);
      return true;
    }
    this.losses.push(event.loss);
    this.epoch = event.epoch;
    this.epochStepsEnded = performance.now();
    this.tokensLeft = event.tokensLeft;
    this.pace = { learningRate: event.learningRate, gradNorm: event.gradNorm };
    if (this.stepsHere++ > 0) {
      this.timed.tokens += event.tokens;
      this.timed.seconds += event.seconds;
    }
    if (event.skipped) {
      this.skipped++;
      this.message = `step ${event.step}: the gradient is not finite; ${this.skipped} steps left out so far`;
      return true;
    }
    if (this.stepsHere === STEPS_TO_TIME) {
      this.message = this.forecast(this.secondsLeft() ?? 0);
      return true;
    }
    return false;
  }

  private addPoint(point: EpochPoint): void {
    this.history.push(point);
    this.epoch = point.epoch;
    if (!this.best || point.validationLoss < this.best.validationLoss) this.best = point;
  }

  stopping(): void {
    this.state = "stopping";
    this.message = "stopping after the step under way";
  }

  /** Between two steps until it goes on. A run that is to stop neither pauses nor goes on. */
  paused(paused: boolean): void {
    if (this.state !== "running" && this.state !== "paused") return;
    this.state = paused ? "paused" : "running";
    this.message = paused ? "paused" : undefined;
  }

  finish({ stopped, early, bestEpoch, steps, skippedSteps }: TrainingResult): void {
    this.state = stopped ? "stopped" : "finished";
    const kept =
      bestEpoch === null
        ? "the last weights are kept, none were validated"
        : `the weights of epoch ${bestEpoch} are kept`;
    const skips =
      skippedSteps > 0 ? `; ${skippedSteps} steps were left out, their gradients were not finite` : "";
    const why = early ? ", since the validation loss no longer falls" : "";
    this.message = `${stopped ? "stopped" : "done"} after ${steps} steps${why}: ${kept}${skips}`;
  }

  /** @param given whether `interruptedRun` gives what was reached */
  interrupted(given: boolean): void {
    this.state = "stopped";
    this.message = given
      ? 'interrupted; what was reached is kept: import { interruptedRun } from "cellkernel"; const run = await interruptedRun();'
      : "interrupted; it can go on from what is kept in its folder";
  }

  fail(error: unknown): void {
    this.state = "failed";
    this.message = error instanceof Error ? error.message : String(error);
  }

  /** The record as the views take it. */
  progress(): TrainingProgress {
    const { tokens, seconds } = this.timed;
    return {
      run: this.run,
      state: this.state,
      step: this.losses.length,
      steps: this.steps,
      epoch: this.epoch,
      epochs: this.epochs,
      seconds: this.secondsBefore + (performance.now() - this.started) / 1000,
      secondsLeft: isLive({ state: this.state }) ? this.secondsLeft() : 0,
      losses: Float32Array.from(this.losses),
      history: [...this.history],
      bestEpoch: this.best?.epoch ?? null,
      pace: {
        ...this.pace,
        ...(seconds > 0 && { tokensPerSecond: tokens / seconds }),
        memory: process.memoryUsage.rss(),
      },
      message: this.message,
    };
  }

  /** What it will take; where that is long, what less would take: a forward pass is a third of a step. */
  private forecast(seconds: number): string {
    const whole = `about ${duration(seconds)} to go for ${this.epochs} epochs of ${this.steps / this.epochs} steps`;
    if (seconds < LONG) return whole;
    const head = duration(seconds / (3 * this.epochs));
    return `${whole} (the class decoder alone, freeze "head": about ${head}; a tenth of the cells: about ${duration(seconds / 10)})`;
  }

  /** By tokens, with which a step's time goes, and the length of the last validation. */
  private secondsLeft(): number | null {
    if (this.stepsHere < STEPS_TO_TIME || this.timed.tokens === 0) return null;
    const pace = this.timed.seconds / this.timed.tokens;
    const validations = this.epochs - this.history.length;
    return this.tokensLeft * pace + validations * this.validationSeconds;
  }
}
