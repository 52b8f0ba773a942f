import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { log } from "../log.js";
import type { Call, Result } from "./client.js";
import { findSnapshot, LANGUAGE_ENVIRONMENT, LANGUAGE_FLAGS } from "./snapshot.js";

/** Calls that leave something behind: made again, they bring a new process to where the old one was. */
const LASTING = new Set<Call["method"]>(["compile", "commit", "reset"]);

/** So many failed starts are answered with an error; we go on trying, ever more slowly. */
const MOST_FAILURES = 3;
const RETRY_MS = 500;

/**
 * The language process, as a port for a `LanguageClient`. When it dies, another takes its place and
 * learns the session's cells again: the variables in main have outlived it.
 */
export class LanguageProcess {
  readonly #directory: string;
  readonly #waiting = new Map<number, Call>();
  readonly #lasting: Call[] = [];
  #child: ChildProcess;
  #failures = 0;
  #listener: (result: Result) => void = () => {};

  constructor(directory: string) {
    this.#directory = directory;
    this.#child = this.#start(true);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(call: Call): void {
    this.#waiting.set(call.id, call);
    if (LASTING.has(call.method)) this.#lasting.push(call);
    this.#child.send(call, () => {});
  }

  on(_event: "message", listener: (result: Result) => void): void {
    this.#listener = listener;
  }

  #start(mayUseSnapshot: boolean): ChildProcess {
    const blob = mayUseSnapshot ? findSnapshot() : undefined;
    const fromSnapshot = blob !== undefined;
    const program = fileURLToPath(new URL("./process.js", import.meta.url));
    const args = fromSnapshot ? ["--snapshot-blob", blob, this.#directory] : [program, this.#directory];
    const child = spawn(process.execPath, [...LANGUAGE_FLAGS, ...args], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, ...LANGUAGE_ENVIRONMENT },
    });
    let answered = false;
    child.on("message", (result: Result) => {
      if (!answered && !fromSnapshot && mayUseSnapshot) buildForNextTime();
      answered = true;
      this.#failures = 0;
      // Of a call that is made again after a restart, the first answer counts.
      if (this.#waiting.delete(result.id)) this.#listener(result);
    });
    child.on("exit", (code, signal) => {
      if (answered) this.#replace(mayUseSnapshot);
      else if (fromSnapshot) {
        // A snapshot that this Node does not accept: another is made, for the next kernel.
        if (code || signal === "SIGABRT") rmSync(blob, { force: true });
        this.#replace(!existsSync(blob));
      } else void this.#tryAgain();
    });
    return child;
  }

  /** It died before its first answer: perhaps there is no memory for it now. */
  async #tryAgain(): Promise<void> {
    this.#failures++;
    log(`the language process does not start (${this.#failures})`);
    if (this.#failures >= MOST_FAILURES) {
      const error = "the language process, which compiles cells, does not start: is there memory left?";
      for (const { id } of this.#waiting.values()) this.#listener({ id, error });
      this.#waiting.clear();
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * Math.min(this.#failures, 20)));
    this.#replace(false);
  }

  #replace(mayUseSnapshot: boolean): void {
    this.#child = this.#start(mayUseSnapshot);
    const waiting = [...this.#waiting.values()].filter(({ method }) => !LASTING.has(method));
    for (const call of [...this.#lasting, ...waiting]) this.#child.send(call, () => {});
  }
}

/** Builds the snapshot beside the running kernel, which needs it no more, but the next one will. */
function buildForNextTime(): void {
  const program = fileURLToPath(new URL("./buildSnapshot.js", import.meta.url));
  spawn(process.execPath, [program], { stdio: "ignore", detached: true }).unref();
}
