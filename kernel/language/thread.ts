import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Cells } from "./cells.js";
import type { Call, Result } from "./client.js";

/** The language thread: answers the calls of the main thread and of the front end's. */

const { port, directory } = workerData as { port: MessagePort; directory: string };
const cells = new Cells(directory);

function serve(port: MessagePort): void {
  port.on("message", ({ id, method, args }: Call) => {
    let result: Result;
    try {
      const call = cells[method] as (...args: unknown[]) => unknown;
      result = { id, value: call.apply(cells, args) };
    } catch (error) {
      result = { id, error: String((error as Error).stack ?? error) };
    }
    port.postMessage(result);
  });
}

serve(parentPort!);
serve(port);
