import { Worker } from "node:worker_threads";

/**
 * Runs a task in a worker, which sends one message back; it ends with the call and takes its threads and its memory along.
 * @param name of what is done, for messages
 * @param transferred what of the task the worker takes over
 */
export async function runApart<T>(
  name: string,
  file: URL,
  task: object,
  transferred: ArrayBufferLike[],
  signal?: AbortSignal,
): Promise<T> {
  const worker = new Worker(file, {
    workerData: task,
    // Flags of the main thread, such as --input-type, would break the worker's own threads.
    execArgv: [],
    transferList: transferred as ArrayBuffer[],
  });
  let abort = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`The ${name}'s worker ended early with code ${code}.`)));
      abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort);
    });
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
