import { randomUUID } from "node:crypto";
import type { HostComm } from "../src/host/host.js";
import { type Cell, context } from "./cell.js";
import type { Header, Outgoing } from "./wire.js";

type Opened = (comm: HostComm, data: unknown) => void;
type Received = (data: unknown, buffers: Uint8Array[]) => void;

/** The open comms between this kernel and its pages. */
export class Comms {
  readonly #publish: (message: Outgoing) => void;
  readonly #open = new Map<string, Comm>();
  readonly #targets = new Map<string, Opened>();

  constructor(publish: (message: Outgoing) => void) {
    this.#publish = publish;
  }

  /** Answers a target that pages open. */
  onOpen(target: string, opened: Opened): () => void {
    this.#targets.set(target, opened);
    return () => {
      if (this.#targets.get(target) === opened) this.#targets.delete(target);
    };
  }

  /** Opens a comm to a target that the page has registered. */
  open(target: string, data: unknown = {}, buffers: Uint8Array[] = []): HostComm {
    const comm = this.#add(randomUUID(), target, context.current?.parent);
    comm.publish("comm_open", { target_name: target, data }, buffers);
    return comm;
  }

  /** Hands a message of a page to its comm, on behalf of the cell that runs now. */
  receive(
    type: string,
    content: Record<string, unknown>,
    buffers: Uint8Array[],
    parent: Header,
    cell?: Cell,
  ): void {
    const id = String(content.comm_id);
    const before = context.current;
    context.current = cell ?? before;
    try {
      if (type === "comm_open") this.#opened(id, content, parent);
      else if (type === "comm_msg") this.#open.get(id)?.received?.(content.data, buffers);
      else {
        this.#open.get(id)?.closed?.();
        this.#open.delete(id);
      }
    } finally {
      context.current = before;
    }
  }

  info(target?: string): Record<string, { target_name: string }> {
    const comms = [...this.#open.values()].filter((comm) => !target || comm.target === target);
    return Object.fromEntries(comms.map((comm) => [comm.id, { target_name: comm.target }]));
  }

  #opened(id: string, content: Record<string, unknown>, parent: Header): void {
    const target = String(content.target_name);
    const opened = this.#targets.get(target);
    const comm = this.#add(id, target, parent);
    // As the specification asks: a target that nobody answers is closed at once.
    if (opened) opened(comm, content.data);
    else comm.close();
  }

  #add(id: string, target: string, parent: Header | undefined): Comm {
    const comm = new Comm(id, target, parent, this.#publish, () => this.#open.delete(id));
    this.#open.set(id, comm);
    return comm;
  }
}

class Comm implements HostComm {
  received: Received | undefined;
  closed: (() => void) | undefined;

  constructor(
    readonly id: string,
    readonly target: string,
    readonly parent: Header | undefined,
    readonly send_: (message: Outgoing) => void,
    readonly forget: () => void,
  ) {}

  publish(type: string, content: object, buffers: Uint8Array[] = []): void {
    this.send_({ type, content: { comm_id: this.id, ...content }, parent: this.parent, buffers });
  }

  send(data: unknown, buffers: Uint8Array[] = []): void {
    this.publish("comm_msg", { data }, buffers);
  }

  onMessage(received: Received): void {
    this.received = received;
  }

  close(): void {
    this.forget();
    this.publish("comm_close", { data: {} });
  }
}
