import { curvesOf } from "../train/logLine.js";
import type { TrainingEvent } from "../train/plan.js";

/** A run as it is presented to a tracker. */
export interface TrackedRun {
  /** The same where a training goes on. */
  id: string;
  /** What the run is called. */
  name: string;
  /** The options, as they were resolved. */
  config: Readonly<Record<string, unknown>>;
}

/**
 * Something that keeps the curves of trainings, a service for experiments say. What it throws or rejects with is said, and
 * the training goes on without it.
 *
 * @example
 * const tracker: Tracker = { begin() {}, log: (step, values) => console.log(step, values), end() {} };
 * await finetune(ready, { epochs: 1, freeze: "head", trackers: [tracker] });
 */
export interface Tracker {
  begin(run: TrackedRun): void | Promise<void>;
  /**
   * Values of a step: `train/loss`, `train/err`, `train/grad_norm`, `lr` every `logInterval` steps; `valid/loss`,
   * `valid/err`, `train/epoch_loss`, `train/epoch_err` after an epoch. With other objectives than the cell type's, the parts
   * of the loss too: `train/cls`, `train/mse` (MLM), `train/nzlp` (its zeros), `train/mvc`, `train/mvc_nzlp`, `train/ecs`,
   * `train/cce`, `train/dab`.
   * @param step 1 for the first of the run
   */
  log(step: number, values: Readonly<Record<string, number>>): void | Promise<void>;
  /** Awaited before the training's promise settles. */
  end(state: "finished" | "stopped" | "failed"): void | Promise<void>;
}

/** Trackers of one training, none of which can harm it. */
export class Trackers {
  private readonly alive: Set<Tracker>;

  /** @param say takes a sentence for the user */
  constructor(
    trackers: readonly Tracker[],
    private readonly logInterval: number,
    private readonly say: (text: string) => void,
  ) {
    this.alive = new Set(trackers);
  }

  begin(run: TrackedRun): void {
    void this.all((tracker) => tracker.begin(run));
  }

  hear(event: TrainingEvent): void {
    if (event.kind !== "epoch" && (event.kind !== "step" || event.step % this.logInterval !== 0)) return;
    const values = curvesOf(event);
    void this.all((tracker) => tracker.log(event.step, values));
  }

  end(state: "finished" | "stopped" | "failed"): Promise<void> {
    return this.all((tracker) => tracker.end(state));
  }

  private async all(tell: (tracker: Tracker) => void | Promise<void>): Promise<void> {
    const told = [...this.alive].map(async (tracker) => {
      try {
        await tell(tracker);
      } catch (error) {
        // One sentence, however many of its calls fail.
        if (this.alive.delete(tracker))
          this.say(`the tracker failed, and training goes on without it: ${(error as Error).message}`);
      }
    });
    await Promise.all(told);
  }
}
