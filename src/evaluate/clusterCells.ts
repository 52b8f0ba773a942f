import { processors } from "../support/processors.js";
import { runApart } from "./runApart.js";

/** What the worker is given. */
export interface ClusteringTask {
  values: Float64Array;
  columns: number;
  neighbours: number;
  resolution: number;
  threads: number;
}

/**
 * Neighbours by which cells are joined, and how fine the clusters are. Leiden's method of the same package, at this resolution, cuts a
 * cloud of cells without structure into pieces.
 */
const NEIGHBOURS = 15;
const RESOLUTION = 1;

/**
 * Clusters of cells: communities (Louvain's method, Blondel et al. 2008) of the graph that joins cells by the neighbours
 * that they share (Xu & Su 2015), by scran.js. The same cells have the same clusters, for any number of threads.
 *
 * @param values [cells × columns], row by row, finite; cells whose neighbours are near are alike
 * @returns Int32 [cells]: clusters by size, the largest 0
 */
export async function clusterCells(
  values: Float32Array,
  columns: number,
  { threads = processors(), signal }: { threads?: number; signal?: AbortSignal } = {},
): Promise<Int32Array> {
  const cells = values.length / columns;
  if (cells < 2) return new Int32Array(cells);
  const task: ClusteringTask = {
    values: Float64Array.from(values),
    columns,
    neighbours: Math.min(NEIGHBOURS, cells - 1),
    resolution: RESOLUTION,
    threads,
  };
  const worker = new URL("./clusterWorker.js", import.meta.url);
  return bySize(await runApart<Int32Array>("clustering", worker, task, [task.values.buffer], signal));
}

function bySize(found: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const cluster of found) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const order = [...sizes].sort(([a, x], [b, y]) => y - x || a - b).map(([cluster]) => cluster);
  const place = new Map(order.map((cluster, i) => [cluster, i]));
  return found.map((cluster) => place.get(cluster)!);
}
