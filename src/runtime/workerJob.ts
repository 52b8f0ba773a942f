import "./telemetry.js";

import { parentPort, type Transferable, Worker, workerData } from "node:worker_threads";
import { type PackedError, packError, unpackError } from "./workerError.js";

/** What a worker tells its caller: something on the way, the result, or the error that ended it. */
type Message<Event, Result> = { event: Event } | { result: Result } | { failed: PackedError };

/**
 * Runs a module in a worker thread, because onnxruntime blocks the thread that calls it. The module calls
 * `serve`. Settles with its result; rejects with its error, or when it exits without either.
 */
export function runInWorker<Event, Result>(
  module: URL,
  input: unknown,
  onEvent?: (event: Event) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    // Flags of the main thread, such as --input-type, would break a worker.
    const worker = new Worker(module, { workerData: input, execArgv: [] });
    worker.on("message", (message: Message<Event, Result>) => {
      if ("event" in message) onEvent?.(message.event);
      else if ("result" in message) resolve(message.result);
      else reject(unpackError(message.failed));
    });
    worker.on("error", reject);
    worker.on("exit", (code) =>
      reject(new Error(`the worker that ran the model ended unexpectedly (exit code ${code})`)),
    );
  });
}

/**
 * Waits for what a worker does, but no longer than until the signal is aborted: then rejects at once with
 * its reason, and `onAbort` makes the worker end by itself. (Ending it in the middle of native code, from
 * outside or with the process, crashes Node.)
 */
export function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
  onAbort: () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      onAbort();
      reject(signal!.reason);
    };
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", aborted));
  });
}

/** The worker's side: does the work on what `runInWorker` was given and posts what comes of it. */
export function serve<Input, Event, Result>(
  work: (input: Input, report: (event: Event, transfer?: Transferable[]) => void) => Promise<Result>,
): void {
  const port = parentPort!;
  const post = (message: Message<Event, Result>, transfer?: Transferable[]) =>
    port.postMessage(message, transfer);
  work(workerData as Input, (event, transfer) => post({ event }, transfer)).then(
    (result) => post({ result }),
    (error) => post({ failed: packError(error) }),
  );
}
