import { runInWorker, unlessAborted } from "../runtime/workerJob.js";
import type { Checkpointing } from "./checkpointer.js";
import { Control } from "./control.js";
import type { Observer } from "./loop.js";
import type { LoopState } from "./loopState.js";
import type { SnapshotEvent, TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";
import type { TrainingInput } from "./worker.js";

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

  /**
   * @param observers told of each step, epoch and note as they come from the worker
   * @param from goes on from a state of the same plan, that `snapshot` gave
   * @param checkpointing keeps where it stands on the disk
   * @param mpi the library by which this process has joined those that it trains with
   */
  constructor(
    plan: TrainingPlan,
    observers: Observer | readonly Observer[],
    signal?: AbortSignal,
    from?: LoopState,
    checkpointing?: Checkpointing,
    mpi?: string,
  ) {
    const all = typeof observers === "function" ? [observers] : observers;
    const input: TrainingInput = { plan, control: this.control.memory, from, checkpointing, mpi };
    this.reached = runInWorker<TrainingEvent, TrainingResult>(
      new URL("./worker.js", import.meta.url),
      input,
      (event) => {
        if (event.kind === "snapshot") for (const give of this.awaitingSnapshot.splice(0)) give(event);
        else for (const observer of all) observer(event);
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

  /** Where training stands after the step under way; rejects when it ends before. */
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
