import { Session } from "node:inspector";
import { canSignal, descendants, signal } from "./platform.js";
import { Phase, Slot } from "./threads.js";

/** How long the main thread may take to notice an interrupt before force is used. */
const PATIENCE_MS = 150;

/** To a child process that holds up a cell: each time that the user interrupts it again, more firmly. */
const INSISTING: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGKILL"];

/** Ends what the main thread is doing, by the gentlest means that works. */
export class Interrupter {
  readonly #shared: Int32Array;
  readonly #tell: () => void;
  readonly #spared: () => number | undefined;
  #heard = 0;
  /** The cell that was interrupted last, and how often before. */
  #cell = 0;
  #again = 0;

  /**
   * @param tell sends the interrupt to the main thread
   * @param spared process id of the helper that is no child of a cell
   */
  constructor(shared: Int32Array, tell: () => void, spared: () => number | undefined) {
    this.#shared = shared;
    this.#tell = tell;
    this.#spared = spared;
  }

  get busy(): boolean {
    return Atomics.load(this.#shared, Slot.phase) !== Phase.idle;
  }

  /** The main thread has noticed. */
  heard(): void {
    this.#heard++;
  }

  async interrupt(): Promise<void> {
    const cell = Atomics.load(this.#shared, Slot.cells);
    const { busy } = this;
    // Compiled loops look at this; everything that awaits hears of it by message.
    if (busy) Atomics.store(this.#shared, Slot.interrupt, 1);
    this.#again = busy && cell === this.#cell ? this.#again + 1 : 0;
    this.#cell = cell;
    const before = this.#heard;
    // What is done next is for the cell that was to be interrupted, not for one that may run by now.
    const ignored = async () => {
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      return this.#heard === before && this.busy === busy && Atomics.load(this.#shared, Slot.cells) === cell;
    };
    this.#tell();
    if (!(await ignored())) return;
    // It may wait for a child process: when that has ended, it goes on by itself.
    const helpers = this.helpers();
    signal(helpers, INSISTING[Math.min(this.#again, INSISTING.length - 1)]);
    if (helpers.length > 0 && !(await ignored())) return;
    if (busy) this.#force();
    // No cell runs, but a timer or a handler that one has left behind.
    else Atomics.store(this.#shared, Slot.interrupt, 1);
  }

  /** The main thread is inside synchronous code that was not compiled by us. */
  #force(): void {
    if (Atomics.load(this.#shared, Slot.phase) === Phase.synchronous) {
      if (canSignal) signal([process.pid], "SIGINT");
      return;
    }
    // Safe in a microtask only, hence not in the synchronous phase. The session must not stay
    // connected: the process would wait for it when it exits.
    const session = new Session();
    session.connectToMainThread();
    session.post("Runtime.terminateExecution", () => session.disconnect());
  }

  /** The processes that cells have started, as far as they are still ours. */
  helpers(): number[] {
    return descendants(process.pid).filter((pid) => pid !== this.#spared());
  }
}
