import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { Widget } from "@lumino/widgets";
import { VIEW_TARGET, WATCH } from "../../src/views/contract.js";
import { followKernel, placeOf } from "./kernel.js";
import type { Heard, Linked, LinkState } from "./linked.js";

/**
 * Keeps a view in touch with its subject in the notebook's kernel, through reloads, reconnections and restarts. Comm
 * messages pass a busy cell by, so it is heard of while a cell runs.
 */
export class ViewLink implements Linked {
  #state: LinkState = "asking";
  #channel: Channel | undefined;
  #unfollow: (() => void) | undefined;

  constructor(
    readonly view: string,
    readonly heard: Heard,
    readonly changed: () => void,
  ) {}

  get state(): LinkState {
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

  send(command: string, rest: object = {}, buffers: Uint8Array[] = []): boolean {
    if (!this.#channel || this.#state === "lost") return false;
    this.#channel.send(command, rest, buffers);
    return true;
  }

  dispose(): void {
    this.#unfollow?.();
    this.#channel?.dispose();
    this.#channel = undefined;
  }

  #ask(kernel: Kernel.IKernelConnection, anew: boolean): void {
    const same = this.#channel?.kernel === kernel;
    // What a kernel doesn't know, or has lost by a restart, it will not come to know.
    if (same && (!anew || this.#state === "lost")) return;
    this.#channel?.dispose();
    this.#channel = new Channel(
      kernel,
      this.view,
      (message, buffers) => {
        this.#become("live");
        this.heard(message, buffers);
      },
      () => this.#become("lost"),
    );
  }

  #become(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.changed();
  }
}

/** The page's line to one kernel. A kernel that doesn't know the view closes it. */
class Channel {
  readonly #comm: Kernel.IComm;

  constructor(
    readonly kernel: Kernel.IKernelConnection,
    readonly view: string,
    heard: Heard,
    closed: () => void,
  ) {
    this.#comm = kernel.createComm(VIEW_TARGET);
    this.#comm.onMsg = ({ content, buffers = [] }) => heard(content.data, buffers.map(bytes));
    this.#comm.onClose = closed;
    this.#comm.open({ view, command: WATCH });
  }

  send(command: string, rest: object, buffers: Uint8Array[]): void {
    if (this.#comm.isDisposed || this.kernel.isDisposed) return;
    this.#comm.send({ ...rest, view: this.view, command }, undefined, buffers);
  }

  dispose(): void {
    this.#comm.onClose = () => {};
    this.#comm.onMsg = () => {};
    if (this.#comm.isDisposed || this.kernel.isDisposed) return;
    // A kernel that has died takes no messages.
    if (this.kernel.status === "dead") this.#comm.dispose();
    else this.#comm.close();
  }
}

function bytes(buffer: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}
