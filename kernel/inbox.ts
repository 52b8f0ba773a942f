import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Interrupted } from "./cell.js";
import { Slot, type ToMain } from "./threads.js";

/** How often a thread that waits for the user looks whether it was interrupted. */
const LOOK_MS = 50;

// The kernel's own timers belong to no cell.
const { setImmediate } = globalThis;

/** What the front end sends to main, in order. */
export class Inbox {
  readonly #port: MessagePort;
  readonly #shared: Int32Array;
  readonly #handle: (message: ToMain) => void;
  /** What came in while main waited for an answer. */
  #kept: ToMain[] = [];

  constructor(port: MessagePort, shared: Int32Array, handle: (message: ToMain) => void) {
    this.#port = port;
    this.#shared = shared;
    this.#handle = handle;
    port.on("message", (message: ToMain) => {
      this.#handleKept();
      handle(message);
    });
  }

  /** Holds up this thread until the user has answered. */
  waitForAnswer(): string {
    setImmediate(() => this.#handleKept());
    while (true) {
      const answers = Atomics.load(this.#shared, Slot.answers);
      for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
        const message = next.message as ToMain;
        if (message.kind === "input") return message.value;
        this.#kept.push(message);
      }
      if (Atomics.load(this.#shared, Slot.interrupt) === 1) throw new Interrupted();
      Atomics.wait(this.#shared, Slot.answers, answers, LOOK_MS);
    }
  }

  #handleKept(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const message of kept) this.#handle(message);
  }
}
