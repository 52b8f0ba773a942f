import { createHmac } from "node:crypto";
import { Dealer } from "zeromq";
import { address } from "../../kernel/platform.js";
import type { Random } from "../../src/support/random.js";
import { KernelProcess } from "./kernelProcess.js";
import { mutated } from "./mutate.js";
import { any, type Execution, MOST_MEGABYTES, type Target } from "./target.js";

/** Message types, those of the protocol among others. */
const TYPES = [
  ...["execute_request", "kernel_info_request", "complete_request", "inspect_request", "is_complete_request"],
  ...["history_request", "comm_info_request", "comm_open", "comm_msg", "comm_close", "input_reply"],
  ...["execute_reply", "toString", "__proto__", ""],
];
const VALUES = [
  null,
  0,
  -1,
  1e300,
  "",
  "x",
  "1 + 1",
  [],
  {},
  [[]],
  { a: { b: [null] } },
  true,
  "\u0000",
  "\ud800",
];
const FIELDS = [
  "code",
  "cursor_pos",
  "silent",
  "user_expressions",
  "target_name",
  "comm_id",
  "data",
  "value",
  "hist_access_type",
  "n",
  "detail_level",
  "allow_stdin",
];
const MESSAGES = 12;
const BEGUN = "globalThis.runs = 0;";

/**
 * Messages on every channel that are damaged, unsigned, signed with another key, sent again, too large, or of contents
 * that no client sends; among them cells that count. In the end the kernel must be alive, and each cell that was rightly
 * signed must have run once.
 */
export class WireTarget implements Target {
  private kernel: KernelProcess | undefined;
  /** Until an answer came, milliseconds. */
  private longest = 0;

  async execute(random: Random): Promise<Execution> {
    this.kernel ??= await KernelProcess.start();
    const { kernel } = this;
    this.longest = 0;
    const { connection } = kernel;
    const ports = ["shell_port", "control_port", "stdin_port", "hb_port"] as const;
    const strangers = ports.map((port) => {
      const socket = new Dealer({ linger: 0, sendTimeout: 1000 });
      socket.connect(address(connection, connection[port]));
      return socket;
    });
    // Who sends what is too large is cut off: the cells that are counted come from another.
    const honest = new Dealer({ linger: 0 });
    honest.connect(address(connection, connection.shell_port));
    let find: string | undefined;
    try {
      await kernel.run(BEGUN);
      let counted = 0;
      const sent: Uint8Array[][] = [];
      for (let n = 0; n < MESSAGES; n++) {
        const stranger = any(random, strangers);
        if (random.below(4) === 0) {
          const frames = kernel.wire.encode(execution("globalThis.runs++"), []);
          sent.push(frames);
          await honest.send(frames);
          counted++;
        } else if (sent.length > 0 && random.below(3) === 0) await honest.send(any(random, sent));
        else await stranger.send(hostile(kernel, random)).catch(() => {});
      }
      find = await this.settled(kernel, counted);
    } finally {
      for (const socket of [honest, ...strangers]) socket.close();
    }
    const measured = { ms: this.longest, megabytes: kernel.megabytes() };
    if (find || measured.megabytes > MOST_MEGABYTES) await this.close();
    return { ...measured, outcome: find ? "wrong" : "alive", find };
  }

  async close(): Promise<void> {
    await this.kernel?.close();
    this.kernel = undefined;
  }

  /** Undefined where the kernel is alive and has counted right. */
  private async settled(kernel: KernelProcess, counted: number): Promise<string | undefined> {
    let seen: string | undefined;
    for (let tries = 0; tries < 20; tries++) {
      const asked = performance.now();
      const result = await kernel.run("console.log(globalThis.runs)", 20);
      this.longest = Math.max(this.longest, performance.now() - asked);
      if (!result) return "the kernel does not answer";
      seen = result.stdout.trim();
      if (seen === String(counted)) return undefined;
      if (Number(seen) > counted) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return `${counted} cells were sent, but ${seen} ran`;
  }
}

function execution(code: string) {
  // A cell that fails on the way may abort those that wait: not these.
  return {
    type: "execute_request",
    content: { code, silent: false, store_history: false, stop_on_error: false },
  };
}

/** The frames of a message that no client sends. */
function hostile(kernel: KernelProcess, random: Random): Uint8Array[] {
  const content = Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [any(random, FIELDS), any(random, VALUES)]),
  );
  const type = any(random, TYPES);
  // A cell of this content must not stop the others.
  const made =
    type === "execute_request"
      ? { ...content, stop_on_error: false, code: any(random, ["1", "", "let"]) }
      : content;
  const frames = kernel.wire.encode({ type, content: made, metadata: any(random, [{}, { a: 1 }]) }, []);
  switch (random.below(7)) {
    case 0: // Signed, but of odd content.
      return frames;
    case 1: // Damaged after it was signed.
      return frames.map((frame, i) => (i > 0 && random.below(2) ? mutated(frame, random) : frame));
    case 2: // Signed by someone else.
      return [frames[0], sign(frames.slice(2), "other key"), ...frames.slice(2)];
    case 3: // Frames missing, or in another order.
      return random.shuffle(frames.slice(0, 1 + random.below(frames.length)));
    case 4: // Damaged first and signed then: only who has the key can send this.
      return resigned(frames.map((frame, i) => (i > 1 ? mutated(frame, random) : frame)));
    case 5: // Nothing of the kind.
      return Array.from({ length: 1 + random.below(8) }, () =>
        Buffer.alloc(random.below(64), random.below(256)),
      );
    default: // Too large to be taken in, at times.
      return [Buffer.alloc(random.below(8) === 0 ? 2 ** 26 + 1 : 2 ** 16)];
  }
}

function resigned(frames: Uint8Array[]): Uint8Array[] {
  return [frames[0], sign(frames.slice(2), "fuzz"), ...frames.slice(2)];
}

function sign(parts: Uint8Array[], key: string): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of parts.slice(0, 4)) hmac.update(part);
  return Buffer.from(hmac.digest("hex"));
}
