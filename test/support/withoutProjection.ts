import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import threads, { type WorkerOptions } from "node:worker_threads";
import type { Projection, ProjectionTask } from "../../src/evaluate/projection.js";

// `evaluate` lays all cells out on a plane, which takes longer than all else that it does with a few hundred cells. To be
// imported where nobody looks at that plane: all cells then lie in its corner. `evaluate/projection.test.ts` looks.

/** Stands in for the worker of `projectUmap`. */
class Corner extends EventEmitter {
  constructor({ values, columns }: ProjectionTask) {
    super();
    const x = new Float64Array(values.length / columns);
    setImmediate(() => this.emit("message", { x, y: x } satisfies Projection));
  }

  async terminate(): Promise<number> {
    return 0;
  }
}

const Worker = new Proxy(threads.Worker, {
  construct(real, [program, options]: [string | URL, WorkerOptions?]) {
    if (String(program).endsWith("/projectionWorker.js")) return new Corner(options!.workerData);
    return new real(program, options);
  },
});
Object.assign(threads, { Worker });
syncBuiltinESMExports();
