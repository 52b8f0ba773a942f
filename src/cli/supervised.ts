import { writeSync } from "node:fs";
import { parentPort, Worker } from "node:worker_threads";

/** How long after a signal work may take to end by itself, milliseconds. */
const PATIENCE = 700;

type FromWorker<T> = { said: T } | { code: number };

/**
 * Does work in a thread of its own, so that this one hears signals whatever the work does: a loop that never pauses would
 * keep its own thread from hearing them for ever. After Ctrl-C or SIGTERM the work may end by itself and clear up; if it
 * doesn't, or the signal comes again, the process ends by it.
 *
 * @param module the work: it calls `supervisor`
 * @param hear takes what it says
 * @returns the exit code
 */
export function supervised<T>(module: URL, workerData: unknown, hear: (said: T) => void): Promise<number> {
  // Flags of the main thread, such as --input-type, would break a worker.
  const worker = new Worker(module, { workerData, execArgv: [] });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      worker.postMessage("stop");
      setTimeout(() => {
        writeSync(2, "Interrupted. What it was writing is cleared away when it is written again.\n");
        // Without handlers of ours a signal ends the process at once, whatever its threads are in.
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      }, PATIENCE).unref();
    });
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    worker.on("message", (message: FromWorker<T>) => {
      if ("said" in message) hear(message.said);
      else code = message.code;
    });
    worker.on("error", reject);
    worker.on("exit", (exit) => resolve(code ?? exit));
  });
}

/** The other side: what work that runs `supervised` says and hears. */
export function supervisor<T>(): {
  say(said: T): void;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Gives the exit code. */
  end(code: number): void;
} {
  const port = parentPort!;
  const stop = new AbortController();
  port.on("message", () => stop.abort(new Error("Interrupted; nothing was left behind.")));
  return {
    say: (said) => port.postMessage({ said }),
    signal: stop.signal,
    end: (code) => {
      port.postMessage({ code });
      port.close();
    },
  };
}
