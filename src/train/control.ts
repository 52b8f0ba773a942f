const RUN = 0;
const PAUSE = 1;
const STOP = 2;

/** Slots of the shared memory. */
const ORDER = 0;
const SNAPSHOTS = 1;

/**
 * Orders to a training loop in another thread, through shared memory, so that they arrive
 * although the loop's thread is busy. The loop looks at them between steps.
 */
export class Control {
  private readonly slots: Int32Array;
  private served = 0;

  /** @param memory shared with the other thread; made when absent */
  constructor(readonly memory = new SharedArrayBuffer(8)) {
    this.slots = new Int32Array(memory);
  }

  /** Ends training after the step under way; what was reached is kept. */
  stop(): void {
    Atomics.store(this.slots, ORDER, STOP);
    Atomics.notify(this.slots, ORDER);
  }

  pause(): void {
    Atomics.compareExchange(this.slots, ORDER, RUN, PAUSE);
  }

  resume(): void {
    if (Atomics.compareExchange(this.slots, ORDER, PAUSE, RUN) === PAUSE) Atomics.notify(this.slots, ORDER);
  }

  /** Asks for the weights of the moment. */
  requestSnapshot(): void {
    Atomics.add(this.slots, SNAPSHOTS, 1);
    Atomics.notify(this.slots, ORDER);
  }

  /** For the loop, between steps: gives snapshots that were asked for, sleeps while paused, says how to go on. */
  next(snapshot: () => void): "run" | "stop" {
    for (;;) {
      const asked = Atomics.load(this.slots, SNAPSHOTS);
      if (asked !== this.served) {
        this.served = asked;
        snapshot();
      }
      const order = Atomics.load(this.slots, ORDER);
      if (order === STOP) return "stop";
      if (order === RUN) return "run";
      if (Atomics.load(this.slots, SNAPSHOTS) === this.served) Atomics.wait(this.slots, ORDER, PAUSE, 1000);
    }
  }
}
