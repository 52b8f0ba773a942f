import { randomUUID } from "node:crypto";
import { context } from "./context.js";
import type { Comm } from "./prelude.js";
import type { Header, Outgoing } from "./wire.js";

type Metadata = Record<string, unknown>;
type Opened = (comm: Comm, data: unknown, buffers: Uint8Array[], metadata: Metadata) => void;
type Received = (data: unknown, buffers: Uint8Array[], metadata: Metadata) => void;

/** A comm message as a page has sent it. */
export interface CommMessage {
  type: string;
  content: Record<string, unknown>;
  metadata: Metadata;
  buffers: Uint8Array[];
  parent: Header;
}

/** The open comms between this kernel and its pages. */
export class Comms {
  readonly #publish: (message: Outgoing) => void;
  readonly #open = new Map<string, OpenComm>();
  readonly #targets = new Map<string, Opened>();

  constructor(publish: (message: Outgoing) => void) {
    this.#publish = publish;
  }

  /** Answers a target that pages open. */
  onOpen(target: string, opened: Opened): () => void {
    const bound = onBehalf(opened);
    this.#targets.set(target, bound);
    return () => {
      if (this.#targets.get(target) === bound) this.#targets.delete(target);
    };
  }

  /** Opens a comm to a target that the page has registered. */
  open(target: string, data: unknown = {}, buffers: Uint8Array[] = [], metadata: Metadata = {}): Comm {
    const comm = this.#add(randomUUID(), target, context.current?.parent);
    comm.publish("comm_open", { target_name: target, data }, buffers, metadata);
    return comm;
  }

  /** Hands a message of a page to its comm. */
  receive({ type, content, metadata, buffers, parent }: CommMessage): void {
    const id = String(content.comm_id);
    const comm = this.#open.get(id);
    if (type === "comm_open") {
      const target = String(content.target_name);
      const opened = this.#targets.get(target);
      const added = this.#add(id, target, parent);
      // As the specification asks: a target that nobody answers is closed at once.
      if (opened) opened(added, content.data, buffers, metadata);
      else added.close();
    } else if (type === "comm_msg") comm?.received(content.data, buffers, metadata);
    else {
      this.#open.delete(id);
      comm?.closed(content.data);
    }
  }

  info(target?: string): Record<string, { target_name: string }> {
    const comms = [...this.#open.values()].filter((comm) => !target || comm.target === target);
    return Object.fromEntries(comms.map((comm) => [comm.id, { target_name: comm.target }]));
  }

  #add(id: string, target: string, parent: Header | undefined): OpenComm {
    const comm = new OpenComm(id, target, parent, this.#publish, () => this.#open.delete(id));
    this.#open.set(id, comm);
    return comm;
  }
}

class OpenComm implements Comm {
  received: Received = () => {};
  closed: (data: unknown) => void = () => {};

  constructor(
    readonly id: string,
    readonly target: string,
    readonly parent: Header | undefined,
    readonly send_: (message: Outgoing) => void,
    readonly forget: () => void,
  ) {}

  publish(type: string, content: object, buffers: Uint8Array[] = [], metadata: Metadata = {}): void {
    const message = { type, content: { comm_id: this.id, ...content }, parent: this.parent };
    this.send_({ ...message, buffers, metadata });
  }

  send(data: unknown, buffers?: Uint8Array[], metadata?: Metadata): void {
    this.publish("comm_msg", { data }, buffers, metadata);
  }

  onMessage(received: Received): void {
    this.received = onBehalf(received);
  }

  onClose(closed: (data: unknown) => void): void {
    this.closed = onBehalf(closed);
  }

  close(data: unknown = {}): void {
    this.forget();
    this.publish("comm_close", { data });
  }
}

/**
 * What comes later, such as what a page sends, is answered on behalf of the cell that said how, whichever runs by then: what goes wrong
 * there is no fault of the running one.
 */
export function onBehalf<Args extends unknown[]>(answer: (...args: Args) => void): (...args: Args) => void {
  const cell = context.current;
  const later = cell?.afterwards();
  return (...args) => context.on(cell === context.running ? cell : later, () => answer(...args));
}
