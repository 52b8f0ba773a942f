import type { Cells } from "./cells.js";
import type { Call, Result } from "./client.js";

/** Answers the calls that come over the process's IPC channel, until the kernel at its other end is gone. */
export function serve(cells: Cells): void {
  process.on("message", ({ id, method, args }: Call) => {
    let result: Result;
    try {
      const call = cells[method] as (...args: unknown[]) => unknown;
      result = { id, value: call.apply(cells, args) };
    } catch (error) {
      result = { id, error: String((error as Error).stack ?? error) };
    }
    // A kernel that has ended meanwhile needs no answer.
    process.send!(result, undefined, undefined, () => {});
  });
  process.on("disconnect", () => process.exit());
  // A signal to the whole process group is meant for the cell that runs.
  process.on("SIGINT", () => {});
}
