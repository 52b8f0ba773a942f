import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { Widget } from "@lumino/widgets";
import type { TrainingCommand, ViewAnswer } from "../../../src/views/contract.js";
import { followKernel, placeOf } from "../kernel.js";
import { RunChannel } from "./channel.js";

/** What the page knows of a run: nobody has answered yet; it lives; nobody knows it any more. */
export type Link = "asking" | "live" | "lost";

/** Keeps a view in touch with its run, through reloads, reconnections and restarts of the kernel. */
export class RunLink {
  #state: Link = "asking";
  #channel: RunChannel | undefined;
  #unfollow: (() => void) | undefined;

  constructor(
    readonly run: string,
    readonly heard: (bundle: ViewAnswer["bundle"]) => void,
    readonly changed: () => void,
  ) {}

  get state(): Link {
    return this.#state;
  }

  /** Begins as soon as the view stands in a notebook; may be called again and again. */
  connect(notebooks: INotebookTracker | null, view: Widget): void {
    if (this.#unfollow) return;
    const place = placeOf(notebooks, view);
    if (!place) return;
    // Set before it calls back.
    this.#unfollow = () => {};
    this.#unfollow = followKernel(place.panel, {
      found: (kernel, anew) => this.#ask(kernel, anew),
      gone: () => this.#become("lost"),
    });
  }

  order(command: TrainingCommand): void {
    this.#channel?.order(command);
  }

  dispose(): void {
    this.#unfollow?.();
    this.#channel?.dispose();
  }

  #ask(kernel: Kernel.IKernelConnection, anew: boolean): void {
    const same = this.#channel?.kernel === kernel;
    // What a kernel doesn't know, or has lost by a restart, it will not come to know.
    if (same && (!anew || this.#state === "lost")) return;
    this.#channel?.dispose();
    this.#channel = new RunChannel(
      kernel,
      this.run,
      (bundle) => {
        this.#become("live");
        this.heard(bundle);
      },
      () => this.#become("lost"),
    );
  }

  #become(state: Link): void {
    if (this.#state === state) return;
    this.#state = state;
    this.changed();
  }
}
