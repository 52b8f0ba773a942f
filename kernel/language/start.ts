import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Call, Result } from "./client.js";
import { LANGUAGE_ENVIRONMENT, LANGUAGE_FLAGS, snapshotPath } from "./snapshot.js";

/** The language process, as a port for a `LanguageClient`. */
export class LanguageProcess {
  readonly #directory: string;
  #child: ChildProcess;
  #answered = false;
  readonly #waiting: Call[] = [];
  #listener: (result: Result) => void = () => {};

  constructor(directory: string) {
    this.#directory = directory;
    this.#child = this.#start(true);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(call: Call): void {
    if (!this.#answered) this.#waiting.push(call);
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
    child.on("message", (result: Result) => {
      if (!this.#answered && !fromSnapshot && mayUseSnapshot) buildForNextTime();
      this.#answered = true;
      this.#waiting.length = 0;
      this.#listener(result);
    });
    child.on("exit", () => {
      if (this.#answered || !fromSnapshot) {
        process.stderr.write("cellkernel: the language process has ended; restart the kernel\n");
        return;
      }
      // A snapshot that this Node does not accept: do without.
      this.#child = this.#start(false);
      for (const call of this.#waiting) this.#child.send(call);
    });
    return child;
  }
}

/** Builds the snapshot beside the running kernel, which needs it no more, but the next one will. */
function buildForNextTime(): void {
  const program = fileURLToPath(new URL("./buildSnapshot.js", import.meta.url));
  spawn(process.execPath, [program], { stdio: "ignore", detached: true }).unref();
}
