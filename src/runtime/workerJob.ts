import { parentPort, type Transferable, Worker, workerData } from "node:worker_threads";

/** What a worker tells its caller: something on the way, the result, or the error that ended it. */
type Message<Event, Result> = { event: Event } | { result: Result } | { error: unknown };

/**
 * Runs a module in a worker thread, because onnxruntime blocks the thread that calls it. The module calls
 * `serve`. Settles with its result; rejects with its error, when it exits without either, or, at once,
 * with the signal's reason when that is aborted (`onAbort` then makes the worker end by itself:
 * ending it in the middle of native code, from outside or with the process, crashes Node).
 */
export function runInWorker<Event, Result>(
  module: URL,
  input: unknown,
  options: { onEvent?: (event: Event) => void; signal?: AbortSignal; onAbort?: () => void } = {},
): Promise<Result> {
  const { onEvent, signal, onAbort } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    // Flags of the main thread, such as --input-type, would break a worker.
    const worker = new Worker(module, { workerData: input, execArgv: [] });
    const settle = (then: () => void) => {
      signal?.removeEventListener("abort", aborted);
      worker.removeListener("message", received);
      then();
    };
    const aborted = () =>
      settle(() => {
        onAbort?.();
        reject(signal!.reason);
      });
    const received = (message: Message<Event, Result>) => {
      if ("event" in message) onEvent?.(message.event);
      else if ("result" in message) settle(() => resolve(message.result));
      else settle(() => reject(message.error));
    };
    signal?.addEventListener("abort", aborted, { once: true });
    worker.on("message", received);
    worker.on("error", (error) => settle(() => reject(error)));
    worker.on("exit", (code) =>
      settle(() => reject(new Error(`the worker that ran the model ended unexpectedly (exit code ${code})`))),
    );
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
    (error) => post({ error }),
  );
}
