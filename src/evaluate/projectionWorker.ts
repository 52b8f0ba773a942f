import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Projection, ProjectionTask } from "./projection.js";
import { fitCurve } from "./projectionForces.js";
import { type CellNeighbours, fuzzyGraph } from "./projectionGraph.js";
import { type Layout, layOut, newLayout } from "./projectionLayout.js";

/** Epochs of the layout, for up to so many cells and beyond: umap-learn's. */
const FEW_CELLS = 10_000;
const EPOCHS = { few: 500, many: 200 };
/** Cells by which a further thread pays. */
const CELLS_A_THREAD = 4000;
const SEED = 0;

interface Points {
  /** [cells × columns], row by row. */
  values: Float64Array;
  columns: number;
}

/** The worker of `projectUmap`: one task in `workerData`, one message back. */
async function project(task: ProjectionTask): Promise<Projection> {
  const { points, neighbours } = await nearestOf(task);
  const cells = points.values.length / points.columns;
  const layout = newLayout(fuzzyGraph(neighbours), startOf(points), {
    epochs: cells <= FEW_CELLS ? EPOCHS.few : EPOCHS.many,
    threads: Math.max(1, Math.min(task.threads, Math.floor(cells / CELLS_A_THREAD))),
    seed: SEED,
    curve: fitCurve(task.minDist),
  });
  layOutTogether(layout);
  const { places } = layout;
  return {
    x: Float64Array.from({ length: cells }, (_, cell) => places[2 * cell]),
    y: Float64Array.from({ length: cells }, (_, cell) => places[2 * cell + 1]),
  };
}

/** Principal components, where there are more columns than are wanted, and each cell's neighbours among them. */
async function nearestOf(task: ProjectionTask): Promise<{ points: Points; neighbours: CellNeighbours }> {
  const scran = await import("scran.js");
  await scran.initialize({ numberOfThreads: task.threads });
  const cells = task.values.length / task.columns;
  // scran wants columns × cells column by column, which is our cells × columns row by row.
  let points: Points = task;
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
  const found = scran.findNearestNeighbors(index, task.neighbours, { numberOfThreads: task.threads });
  const { indices, distances } = found.serialize();
  return { points, neighbours: { k: task.neighbours, indices, distances } };
}

/**
 * Where cells stand at first: by the two columns of the largest variance, which are the first principal components where these
 * were taken, from 0 to 10 each, as umap-learn scales its own. Known global structure is kept so (Kobak & Linderman 2021).
 */
function startOf({ values, columns }: Points): Float64Array {
  const cells = values.length / columns;
  const column = (j: number) => Float64Array.from({ length: cells }, (_, cell) => values[cell * columns + j]);
  const spread = Array.from({ length: columns }, (_, j) => {
    const own = column(j);
    const mean = own.reduce((sum, value) => sum + value, 0) / cells;
    return own.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  const chosen = [...spread.keys()].sort((a, b) => spread[b] - spread[a] || a - b).slice(0, 2);
  const start = new Float64Array(2 * cells);
  chosen.forEach((j, axis) => {
    const own = column(j);
    const [low, high] = [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
    own.forEach((value, cell) => {
      start[2 * cell + axis] = high > low ? (10 * (value - low)) / (high - low) : 0;
    });
  });
  return start;
}

/** Lays out with further threads, of which none outlives the work. */
function layOutTogether(layout: Layout): void {
  for (let thread = 1; thread < layout.threads; thread++)
    new Worker(new URL("./projectionThread.js", import.meta.url), { workerData: { layout, thread } });
  layOut(layout, 0);
}

project(workerData as ProjectionTask).then((projection) => parentPort!.postMessage(projection));
