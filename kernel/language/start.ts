import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Call, Result } from "./client.js";
import { LANGUAGE_ENVIRONMENT, LANGUAGE_FLAGS, snapshotPath } from "./snapshot.js";

/** Calls that leave something behind: made again, they bring a new process to where the old one was. */
const LASTING = new Set<Call["method"]>(["compile", "commit", "reset"]);

/**
 * The language process, as a port for a `LanguageClient`. When it dies, another takes its place and
 * learns the session's cells again: the variables in main have outlived it.
 */
export class LanguageProcess {
  readonly #directory: string;
  readonly #waiting = new Map<number, Call>();
  readonly #lasting: Call[] = [];
  #child: ChildProcess;
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
    const blob = mayUseSnapshot ? snapshotPath() : "";
    const fromSnapshot = mayUseSnapshot && existsSync(blob);
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
      // Of a call that is made again after a restart, the first answer counts.
      if (this.#waiting.delete(result.id)) this.#listener(result);
    });
    child.on("exit", (code, signal) => {
      if (answered) this.#replace(mayUseSnapshot);
      else if (fromSnapshot) {
        // A snapshot that this Node does not accept: another is made, for the next kernel.
        if (code || signal === "SIGABRT") rmSync(blob, { force: true });
        this.#replace(!existsSync(blob));
      } else process.stderr.write("cellkernel: the language process does not start\n");
    });
    return child;
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
