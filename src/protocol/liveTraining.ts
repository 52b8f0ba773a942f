import { trainingUpdate, trainingView } from "../views/training.js";
import type { TrainingProgress } from "../views/types.js";
import type { DisplayHandle, Host } from "./host.js";

/** Comm target that the buttons of the training view talk to. */
export const TRAINING_TARGET = "cellkernel.training";

/** What the buttons ask for. */
export interface TrainingOrders {
  stop(): void;
  pause(): void;
  resume(): void;
}

/** Milliseconds between two drawings. */
const INTERVAL = 500;

/** A training run below its notebook cell: learning curves that follow it, and buttons that reach it. */
export class LiveTraining {
  private readonly handle: DisplayHandle;
  private readonly unregister: () => void;
  private drawnAt = 0;

  constructor(host: Host, first: TrainingProgress, orders: TrainingOrders) {
    this.handle = host.display(trainingUpdate(first));
    this.unregister = host.onComm(TRAINING_TARGET, (comm, data) => {
      const obey = (message: unknown) => {
        const { run, command } = (message ?? {}) as { run?: string; command?: string };
        // A picture of a run that has ended: its page is told that nobody is there.
        if (run !== first.run) comm.close();
        else if (command === "stop" || command === "pause" || command === "resume") orders[command]();
      };
      obey(data);
      comm.onMessage(obey);
    });
  }

  /** Draws the run, at most twice a second unless it matters now. */
  update(progress: TrainingProgress, now = false): void {
    if (!now && performance.now() - this.drawnAt < INTERVAL) return;
    this.handle.update(trainingUpdate(progress));
    this.drawnAt = performance.now();
  }

  /** Takes the buttons' registration back, and leaves a picture for pages that do not draw the curves themselves. */
  async close(last: TrainingProgress): Promise<void> {
    this.unregister();
    this.handle.update(await trainingView(last));
  }
}
