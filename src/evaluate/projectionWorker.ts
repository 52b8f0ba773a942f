import { parentPort, workerData } from "node:worker_threads";
import type { Projection, ProjectionTask } from "./projection.js";

/** The worker of `projectUmap`: one task in `workerData`, one message back. */
async function project(task: ProjectionTask): Promise<Projection> {
  const scran = await import("scran.js");
  await scran.initialize({ numberOfThreads: task.threads });
  const cells = task.values.length / task.columns;
  // scran wants columns × cells column by column, which is our cells × columns row by row.
  let points: { values: Float64Array; columns: number } = task;
  if (task.columns > task.components + 1 && task.components >= 2) {
    const matrix = scran.initializeDenseMatrixFromDenseArray(task.columns, cells, task.values, {
      forceInteger: false,
    });
    const pca = scran.runPca(matrix, { numberOfPCs: task.components, numberOfThreads: task.threads });
    points = { values: pca.principalComponents(), columns: pca.numberOfPCs() };
    pca.free();
    matrix.free();
  }
  const index = scran.buildNeighborSearchIndex(points.values, {
    numberOfDims: points.columns,
    numberOfCells: cells,
  });
  return scran.runUmap(index, {
    neighbors: task.neighbours,
    minDist: task.minDist,
    numberOfThreads: task.threads,
  });
}

project(workerData as ProjectionTask).then((projection) => parentPort!.postMessage(projection));
