import { parentPort, workerData } from "node:worker_threads";
import * as scran from "scran.js";
import type { ClusteringTask } from "./clusterCells.js";

/** Up to so many cells neighbours are exact. */
const EXACT = 10_000;

/** The worker of `clusterCells`: one task in `workerData`, one message back. */
async function cluster({
  values,
  columns,
  neighbours,
  resolution,
  threads,
}: ClusteringTask): Promise<Int32Array> {
  await scran.initialize({ numberOfThreads: threads });
  const cells = values.length / columns;
  const index = scran.buildNeighborSearchIndex(values, {
    ...{ numberOfDims: columns, numberOfCells: cells, approximate: cells > EXACT },
  });
  const graph = scran.buildSnnGraph(index, { neighbors: neighbours, numberOfThreads: threads });
  index.free();
  const found = scran.clusterGraph(graph, { method: "multilevel", multiLevelResolution: resolution });
  graph.free();
  return found.membership();
}

cluster(workerData as ClusteringTask).then((codes) => parentPort!.postMessage(codes));
