import { CellkernelError } from "../support/error.js";
import { processors } from "../support/processors.js";
import { runApart } from "./runApart.js";

/** Cells on a plane. */
export interface Projection {
  /** [cells] each. */
  x: Float64Array;
  y: Float64Array;
}

/** How a projection is made. */
export interface ProjectionOptions {
  /** Principal components kept, 30 by default (at most one fewer than cells or columns). */
  components?: number;
  /** Neighbours of each cell, 10 by default (at most one fewer than the cells). */
  neighbours?: number;
  /** Least distance between points on the plane, 0.3 by default: lower packs clusters tighter. */
  minDist?: number;
  /** By default the machine's. The result does not depend on it. */
  threads?: number;
  /** Ends the work early; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What the worker is given. */
export interface ProjectionTask {
  values: Float64Array;
  columns: number;
  components: number;
  neighbours: number;
  minDist: number;
  threads: number;
}

/**
 * Lays cells out on a plane: principal components (by scran.js), nearest neighbours, UMAP (McInnes et al. 2018; see `layOut`).
 * Seeded with constants, so that the same cells give the same picture. Runs in a worker, which ends with the call
 * and takes its threads and its memory along.
 *
 * @param values [cells × columns], row by row: embeddings or expression values.
 * @param columns Values of a cell.
 * @throws when there are fewer than 3 cells, when a value is not finite, or when the signal aborts.
 * @example
 * const { x, y } = await projectUmap(report.parts.embeddings, model.args.embsize);
 * x.length; // → 700
 */
export async function projectUmap(
  values: Float32Array | Float64Array,
  columns: number,
  options: ProjectionOptions = {},
): Promise<Projection> {
  const cells = values.length / columns;
  if (!Number.isInteger(cells))
    throw new CellkernelError("option", `${values.length} values don't make rows of ${columns} columns.`);
  if (cells < 3)
    throw new CellkernelError("nothing", `There are ${cells} cells; a projection needs at least 3.`);
  const bad = values.findIndex((value: number) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new CellkernelError(
      "matrix",
      `Cell ${Math.floor(bad / columns)} has ${values[bad]} in column ${bad % columns}; expected finite values.`,
    );
  }
  options.signal?.throwIfAborted();
  const task: ProjectionTask = {
    values: Float64Array.from(values),
    columns,
    components: Math.min(options.components ?? 30, columns - 1, cells - 1),
    neighbours: Math.min(options.neighbours ?? 10, cells - 1),
    minDist: options.minDist ?? 0.3,
    threads: options.threads ?? processors(),
  };
  const worker = new URL("./projectionWorker.js", import.meta.url);
  return runApart<Projection>("projection", worker, task, [task.values.buffer], options.signal);
}
