import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { ConnectionInfo } from "./connection.js";

/** The header of a Jupyter message. */
export interface Header {
  msg_id: string;
  session: string;
  username: string;
  date: string;
  msg_type: string;
  version: string;
}

/** A Jupyter message as it came in; `ids` are the ZeroMQ routing frames of its sender. */
export interface Message {
  ids: Uint8Array[];
  header: Header;
  parent_header: Partial<Header>;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  buffers: Uint8Array[];
}

/** What a message that goes out is made of; the rest of its header is filled in. */
export interface Outgoing {
  type: string;
  /** An object, or what it is as JSON already. */
  content: object | string;
  parent?: Partial<Header>;
  metadata?: object;
  buffers?: Uint8Array[];
}

/** Version of the messaging specification that the kernel speaks. */
export const PROTOCOL_VERSION = "5.4";

/** Signatures that are remembered, as in Jupyter's own kernels. */
const MOST_TAKEN = 65_536;

const DELIMITER = Buffer.from("<IDS|MSG>");

/** A message that is not for us: the sender could not prove that it knows the key, or it is no message at all. */
export class RefusedMessage extends Error {
  override name = "RefusedMessage";
}

/**
 * Signs, writes and reads messages in Jupyter's wire protocol
 * (https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol).
 */
export class Wire {
  readonly session = randomUUID();
  /** Signatures that were taken, the oldest first. */
  readonly #taken = new Set<string>();
  readonly #key: string;
  readonly #hash: string;

  constructor(connection: Pick<ConnectionInfo, "key" | "signature_scheme">) {
    this.#key = connection.key;
    this.#hash = connection.signature_scheme.replace(/^hmac-/, "");
  }

  /** Reads the frames of one message. Throws `RefusedMessage` for a wrong signature or a malformed message. */
  decode(frames: Uint8Array[]): Message {
    const at = frames.findIndex((frame) => DELIMITER.equals(frame));
    if (at < 0 || frames.length < at + 6)
      throw new RefusedMessage("not a Jupyter message: frames are missing");
    const [signature, ...parts] = frames.slice(at + 1, at + 6);
    if (this.#key && !this.#verify(signature, parts)) throw new RefusedMessage("wrong signature");
    const [header, parent_header, metadata, content] = parts.map(parseObject);
    if (this.#key) this.#takeOnce(Buffer.from(signature).toString("latin1"));
    if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") {
      throw new RefusedMessage("the header has no msg_type or no msg_id");
    }
    return {
      ids: frames.slice(0, at),
      header: header as unknown as Header,
      parent_header,
      metadata,
      content,
      buffers: frames.slice(at + 6),
    };
  }

  /** The frames of one message, signed. `ids` route it: a peer's identity, or a topic on iopub. */
  encode(message: Outgoing, ids: Uint8Array[]): Uint8Array[] {
    const header: Header = {
      msg_id: randomUUID(),
      session: this.session,
      username: "kernel",
      date: new Date().toISOString(),
      msg_type: message.type,
      version: PROTOCOL_VERSION,
    };
    const parts = [header, message.parent ?? {}, message.metadata ?? {}, message.content].map((part) =>
      Buffer.from(typeof part === "string" ? part : JSON.stringify(part)),
    );
    const signature = Buffer.from(this.#key ? this.#sign(parts) : "");
    return [...ids, DELIMITER, signature, ...parts, ...(message.buffers ?? [])];
  }

  #sign(parts: Uint8Array[]): string {
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /**
   * Whoever listens in can't sign, but could send again what he heard. Every message has an id of its own and so a
   * signature of its own.
   */
  #takeOnce(signature: string): void {
    if (this.#taken.has(signature)) throw new RefusedMessage("sent before");
    this.#taken.add(signature);
    if (this.#taken.size <= MOST_TAKEN) return;
    for (const oldest of this.#taken) {
      this.#taken.delete(oldest);
      break;
    }
  }

  #verify(signature: Uint8Array, parts: Uint8Array[]): boolean {
    const expected = Buffer.from(this.#sign(parts));
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
}

function parseObject(frame: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("utf8"));
  } catch {
    throw new RefusedMessage("malformed JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RefusedMessage("malformed message: expected a JSON object");
  }
  return value as Record<string, unknown>;
}
