import { workerData } from "node:worker_threads";
import { serve } from "../../src/runtime/workerJob.js";
import { CellkernelError } from "../../src/support/error.js";

// A worker that does what it is told to by `runInWorker`'s test.
serve<string, string, string>(async (order, report) => {
  report(`got ${workerData}`);
  if (order === "exit") process.exit(3);
  if (order === "throw later")
    await new Promise(() =>
      setTimeout(() => {
        throw new Error("thrown outside the work");
      }),
    );
  if (order === "fail") throw new RangeError("failed inside the work");
  if (order === "mistake") throw new CellkernelError("device", "too large", { option: "maxSeqLen" });
  if (order === "late") await new Promise((done) => setTimeout(done, 300));
  return "done";
});
