import { runInWorker, unlessAborted } from "../runtime/workerJob.js";
import { Control } from "./control.js";
import type { SnapshotEvent, TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";

/** Training in a worker thread; the caller's event loop stays free. */
export class TrainingJob {
  /**
   * Settles when training ends; rejects when the worker fails or dies, or, at once, when the signal is aborted.
   * The worker then stops after the step under way.
   */
  readonly result: Promise<TrainingResult>;
  /** What training comes to, be it aborted or not. */
  readonly reached: Promise<TrainingResult>;
  private readonly control = new Control();
  private readonly awaitingSnapshot: ((snapshot: SnapshotEvent) => void)[] = [];

  constructor(plan: TrainingPlan, onEvent: (event: TrainingEvent) => void, signal?: AbortSignal) {
    this.reached = runInWorker<TrainingEvent, TrainingResult>(
      new URL("./worker.js", import.meta.url),
      { plan, control: this.control.memory },
      (event) => {
        if (event.kind === "snapshot") for (const give of this.awaitingSnapshot.splice(0)) give(event);
        else onEvent(event);
      },
    );
    this.result = unlessAborted(this.reached, signal, () => this.control.stop());
  }

  /** Ends training after the step under way; `result` then gives the best weights so far. */
  stop(): void {
    this.control.stop();
  }

  pause(): void {
    this.control.pause();
  }

  resume(): void {
    this.control.resume();
  }

  /** The weights after the step under way; rejects when training ends before. */
  snapshot(): Promise<SnapshotEvent> {
    this.control.requestSnapshot();
    const ended = () => {
      throw new Error("training ended before the snapshot was taken");
    };
    return Promise.race([
      new Promise<SnapshotEvent>((give) => this.awaitingSnapshot.push(give)),
      this.result.then(ended),
    ]);
  }
}
