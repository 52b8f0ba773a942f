import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** What became of a file that was read in a process of its own. */
export interface Outcome {
  /** What was read, or else the error; neither where the process had to be killed or crashed. */
  value?: unknown;
  error?: { name: string; message: string; code?: string };
  ended?: "too long" | "crashed";
  /** Of the processor, which other work on the machine doesn't make longer. */
  ms: number;
  /** Peak of the process while it read. */
  megabytes: number;
}

/** A program that answers lines of JSON with lines of JSON; started when it is needed, and anew after it had to be killed. */
export class Lines {
  private child: ChildProcess | undefined;
  private lines: AsyncIterator<string> | undefined;
  private reader: Interface | undefined;

  constructor(
    private readonly program: string,
    private readonly args: string[],
  ) {}

  get started(): boolean {
    return this.child !== undefined;
  }

  /** The answer, or why there is none. */
  async ask(question: object, seconds: number): Promise<Record<string, unknown> | "too long" | "crashed"> {
    const { child, lines } = this.start();
    child.stdin!.write(`${JSON.stringify(question)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"too long">((resolve) => {
      timer = setTimeout(() => resolve("too long"), 1000 * seconds);
    });
    const answer = await Promise.race([lines.next(), late]);
    clearTimeout(timer);
    if (answer !== "too long" && !answer.done) return JSON.parse(answer.value);
    await this.close();
    return answer === "too long" ? answer : "crashed";
  }

  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child) return;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await ended;
    this.reader?.close();
  }

  private start(): { child: ChildProcess; lines: AsyncIterator<string> } {
    if (this.child && this.lines) return { child: this.child, lines: this.lines };
    const child = spawn(this.program, this.args, { stdio: ["pipe", "pipe", "inherit"] });
    // A crash is seen at the end of its output.
    child.stdin.on("error", () => {});
    this.child = child;
    this.reader = createInterface({ input: child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
    return { child, lines: this.lines };
  }
}

/** Reads files in a process that may be killed; `close` it. */
export class Victim {
  private readonly process = new Lines(process.execPath, [new URL("./victim.js", import.meta.url).pathname]);

  /** @param reader one of those in `victim.ts` */
  async read(reader: string, path: string, seconds = 30): Promise<Outcome> {
    // The time that it takes to start is not the file's.
    if (!this.process.started) await this.process.ask({ reader, path: "nowhere" }, 120);
    const answer = await this.process.ask({ reader, path }, seconds);
    return typeof answer === "string"
      ? { ended: answer, ms: 1000 * seconds, megabytes: 0 }
      : (answer as unknown as Outcome);
  }

  close(): Promise<void> {
    return this.process.close();
  }
}
