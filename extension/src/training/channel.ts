import type { Kernel } from "@jupyterlab/services";
import {
  type TrainingCommand,
  VIEW_TARGET,
  type ViewAnswer,
  type ViewMessage,
  WATCH,
} from "../../../src/views/contract.js";

/**
 * The page's line to a training run in the kernel: tells how the run stands, and carries orders to it. Comm messages pass
 * a busy cell by, so it hears of them while it trains. A kernel that doesn't know the run closes the line.
 */
export class RunChannel {
  readonly #comm: Kernel.IComm;

  constructor(
    readonly kernel: Kernel.IKernelConnection,
    readonly run: string,
    heard: (bundle: ViewAnswer["bundle"]) => void,
    closed: () => void,
  ) {
    this.#comm = kernel.createComm(VIEW_TARGET);
    this.#comm.onMsg = ({ content }) => {
      const { bundle } = content.data as Partial<ViewAnswer>;
      if (bundle) heard(bundle);
    };
    this.#comm.onClose = closed;
    this.#send("open", WATCH);
  }

  order(command: TrainingCommand): void {
    this.#send("send", command);
  }

  dispose(): void {
    this.#comm.onClose = () => {};
    this.#comm.onMsg = () => {};
    if (this.#comm.isDisposed || this.kernel.isDisposed) return;
    // A kernel that has died takes no messages.
    if (this.kernel.status === "dead") this.#comm.dispose();
    else this.#comm.close();
  }

  #send(how: "open" | "send", command: string): void {
    const message: ViewMessage = { view: this.run, command };
    this.#comm[how]({ ...message });
  }
}
