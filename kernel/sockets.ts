import { Router, XPublisher } from "zeromq";
import type { ConnectionInfo } from "./connection.js";
import { log } from "./log.js";
import { address } from "./platform.js";
import { type Message, type Outgoing, RefusedMessage, type Wire } from "./wire.js";

/**
 * Bytes of a part of a message that is taken in: ZeroMQ holds a message whole before anyone can ask for its signature.
 * A larger one ends its sender's connection.
 */
const MOST_BYTES = 2 ** 26;
/** What beats has a few bytes. */
const MOST_BEAT = 2 ** 16;

/** Messages wait in memory rather than get lost when a client is slow. */
const UNBOUNDED = { sendHighWaterMark: 0, maxMessageSize: MOST_BYTES };

/** The kernel's five sockets. */
export class Sockets {
  readonly shell = new Router(UNBOUNDED);
  readonly control = new Router(UNBOUNDED);
  readonly stdin = new Router(UNBOUNDED);
  readonly iopub = new XPublisher({ ...UNBOUNDED, maxMessageSize: MOST_BEAT });
  // Echoes like a Reply socket, which garbage makes end the process.
  readonly #heartbeat = new Router({ ...UNBOUNDED, maxMessageSize: MOST_BEAT });
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws where an address is taken; nothing is bound then */
  async bind(connection: ConnectionInfo): Promise<void> {
    const at = (port: number) => address(connection, port);
    // All have an end before one is closed, and all are closed before the thread ends of the error.
    const bound = await Promise.allSettled([
      this.shell.bind(at(connection.shell_port)),
      this.control.bind(at(connection.control_port)),
      this.stdin.bind(at(connection.stdin_port)),
      this.#heartbeat.bind(at(connection.hb_port)),
      this.iopub.bind(at(connection.iopub_port)),
    ]);
    const failed = bound.find((b) => b.status === "rejected");
    if (failed) {
      this.close();
      throw failed.reason;
    }
    void this.#beat();
    void this.#welcome();
  }

  /** Hands each message of a socket on; what is malformed or not signed with our key is dropped. */
  async serve(socket: Router, handle: (message: Message) => void): Promise<void> {
    for await (const frames of socket) {
      try {
        handle(this.#wire.decode(frames));
      } catch (error) {
        if (!(error instanceof RefusedMessage)) throw error;
        log(`dropped a message: ${error.message}`);
      }
    }
  }

  /** Answers whoever sent `request`. */
  async reply(socket: Router, request: Message, type: string, content: object): Promise<void> {
    const message: Outgoing = { type, content, parent: request.header };
    await sent(socket.send(this.#wire.encode(message, request.ids)));
  }

  /** They must be closed before the process ends, or ZeroMQ crashes it. */
  close(): void {
    for (const socket of [this.shell, this.control, this.stdin, this.iopub, this.#heartbeat]) socket.close();
  }

  async #beat(): Promise<void> {
    for await (const frames of this.#heartbeat) await sent(this.#heartbeat.send(frames));
  }

  /** Tells each subscriber that it will hear everything from now on. */
  async #welcome(): Promise<void> {
    for await (const [frame] of this.iopub) {
      // 1 subscribes, 0 takes it back; the rest of the frame is the topic.
      if (frame[0] !== 1) continue;
      const subscription = frame.subarray(1).toString();
      const message: Outgoing = { type: "iopub_welcome", content: { subscription } };
      await sent(this.iopub.send(this.#wire.encode(message, [Buffer.from(subscription)])));
    }
  }
}

/** Whoever has gone meanwhile is no reason for the kernel to go too. */
async function sent(sending: Promise<void>): Promise<void> {
  try {
    await sending;
  } catch (error) {
    log(`could not send a message: ${(error as Error).message}`);
  }
}
