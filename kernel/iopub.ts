import type { XPublisher } from "zeromq";
import type { Header, Outgoing, Wire } from "./wire.js";

/** Text of one stream is collected for this long, so that a chatty loop makes few messages. */
const STREAM_DELAY_MS = 30;

/** The channel on which everyone hears what happens: ordered, with the text of streams merged. */
export class IoPub {
  readonly #socket: XPublisher;
  readonly #wire: Wire;
  #sent: Promise<void> = Promise.resolve();
  #stream?: { name: string; parent: Partial<Header>; text: string[] };
  #timer?: NodeJS.Timeout;

  constructor(socket: XPublisher, wire: Wire) {
    this.#socket = socket;
    this.#wire = wire;
  }

  publish(message: Outgoing): void {
    if (message.type === "stream") {
      this.#collect(message);
      return;
    }
    this.#flushStream();
    this.#send(message);
  }

  status(state: "starting" | "busy" | "idle", parent: Partial<Header> = {}): void {
    this.publish({ type: "status", content: { execution_state: state }, parent });
  }

  /** Resolves when everything published so far has been handed to ZeroMQ. */
  flush(): Promise<void> {
    this.#flushStream();
    return this.#sent;
  }

  #collect(message: Outgoing): void {
    const { name, text } = parsed(message.content) as { name: string; text: string };
    const parent = message.parent ?? {};
    if (this.#stream?.name === name && this.#stream.parent.msg_id === parent.msg_id) {
      this.#stream.text.push(text);
      return;
    }
    this.#flushStream();
    this.#stream = { name, parent, text: [text] };
    this.#timer = setTimeout(() => this.#flushStream(), STREAM_DELAY_MS);
  }

  #flushStream(): void {
    const stream = this.#stream;
    if (!stream) return;
    clearTimeout(this.#timer);
    this.#stream = undefined;
    const content = { name: stream.name, text: stream.text.join("") };
    this.#send({ type: "stream", content, parent: stream.parent });
  }

  #send(message: Outgoing): void {
    const frames = this.#wire.encode(message, [Buffer.from(message.type)]);
    this.#sent = this.#sent.then(() => this.#socket.send(frames)).catch(() => {});
  }
}

const parsed = (content: object | string) => (typeof content === "string" ? JSON.parse(content) : content);
