import { openChannel } from "../host/channels.js";
import type { DisplayHandle, Host, HostComm, MimeBundle } from "../host/host.js";
import {
  TRAINING_COMMANDS,
  type TrainingCommand,
  VIEW_TARGET,
  type ViewAnswer,
  viewMessage,
  WATCH,
} from "../views/contract.js";
import { trainingUpdate, trainingView } from "../views/training.js";
import type { TrainingProgress } from "../views/types.js";

/** Milliseconds between two drawings. */
const INTERVAL = 500;
/** The ends of so many runs are told to pages that were closed when they came. */
const ENDS = 10;
/** What ends that, the oldest first. */
const ended = new WeakMap<Host, (() => void)[]>();

/**
 * A training run below its notebook cell: learning curves that follow it, and buttons that reach it. Updates of an output
 * don't reach a page that was reloaded or opened anew, so pages ask for the run and are told over their comms too.
 */
export class LiveTraining {
  private readonly handle: DisplayHandle;
  private readonly closeChannel: () => void;
  private readonly watchers = new Set<HostComm>();
  private last: TrainingProgress;
  private drawnAt = 0;

  constructor(
    private readonly host: Host,
    first: TrainingProgress,
    orders: Record<TrainingCommand, () => void>,
  ) {
    this.last = first;
    this.handle = host.display(trainingUpdate(first));
    this.closeChannel = openChannel(host, VIEW_TARGET, first.run, (data, comm) => {
      const asked = viewMessage(data)?.command;
      if (asked === WATCH) this.watch(comm);
      const command = TRAINING_COMMANDS.find((known) => known === asked);
      if (command) orders[command]();
    });
  }

  /** Draws the run, at most twice a second unless it matters now. */
  update(progress: TrainingProgress, now = false): void {
    this.last = progress;
    if (!now && performance.now() - this.drawnAt < INTERVAL) return;
    this.show(trainingUpdate(progress));
    this.drawnAt = performance.now();
  }

  /**
   * Leaves the pages to themselves, with a picture for those that do not draw the curves. They close their comms
   * when they hear the end: some belong to pages that are gone, and whoever follows them knows nothing of them.
   */
  async close(last: TrainingProgress): Promise<void> {
    this.last = last;
    const bundle = await trainingView(last);
    this.show(bundle);
    this.closeChannel();
    this.tellLater(bundle);
  }

  /** A page that was closed while the run ended asks for it when it is opened again: the notebook that it holds says that it goes on. */
  private tellLater(bundle: MimeBundle): void {
    const ends = ended.get(this.host) ?? [];
    ended.set(this.host, ends);
    ends.push(
      openChannel(this.host, VIEW_TARGET, this.last.run, (data, comm) => {
        if (viewMessage(data)?.command === WATCH) comm.send({ bundle } satisfies ViewAnswer);
      }),
    );
    if (ends.length > ENDS) ends.shift()?.();
  }

  private watch(comm: HostComm): void {
    this.watchers.add(comm);
    comm.onClose(() => this.watchers.delete(comm));
    comm.send({ bundle: trainingUpdate(this.last) } satisfies ViewAnswer);
  }

  private show(bundle: MimeBundle): void {
    this.handle.update(bundle);
    for (const comm of this.watchers) comm.send({ bundle } satisfies ViewAnswer);
  }
}
