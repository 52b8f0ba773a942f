import { openChannel } from "../host/channels.js";
import type { DisplayHandle, Host } from "../host/host.js";
import { TRAINING_COMMANDS, type TrainingCommand, VIEW_TARGET, viewMessage } from "../views/contract.js";
import { trainingUpdate, trainingView } from "../views/training.js";
import type { TrainingProgress } from "../views/types.js";

/** Milliseconds between two drawings. */
const INTERVAL = 500;

/** A training run below its notebook cell: learning curves that follow it, and buttons that reach it. */
export class LiveTraining {
  private readonly handle: DisplayHandle;
  private readonly closeChannel: () => void;
  private drawnAt = 0;

  constructor(host: Host, first: TrainingProgress, orders: Record<TrainingCommand, () => void>) {
    this.handle = host.display(trainingUpdate(first));
    this.closeChannel = openChannel(host, VIEW_TARGET, first.run, (data) => {
      const command = TRAINING_COMMANDS.find((known) => known === viewMessage(data)?.command);
      if (command) orders[command]();
    });
  }

  /** Draws the run, at most twice a second unless it matters now. */
  update(progress: TrainingProgress, now = false): void {
    if (!now && performance.now() - this.drawnAt < INTERVAL) return;
    this.handle.update(trainingUpdate(progress));
    this.drawnAt = performance.now();
  }

  /** Leaves the pages to themselves, with a picture for those that do not draw the curves. */
  async close(last: TrainingProgress): Promise<void> {
    this.closeChannel();
    this.handle.update(await trainingView(last));
  }
}
