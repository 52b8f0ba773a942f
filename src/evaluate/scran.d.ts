/** The part of scran.js that we use; the package has no types. */
declare module "scran.js" {
  interface Freed {
    free(): void;
  }
  export interface Pca extends Freed {
    numberOfPCs(): number;
    /** [cells × components], row by row. */
    principalComponents(): Float64Array;
  }
  /** Loads the WebAssembly module and starts its threads. */
  export function initialize(options: { numberOfThreads: number }): Promise<boolean>;
  export function initializeDenseMatrixFromDenseArray(
    rows: number,
    columns: number,
    values: Float64Array,
    options: { forceInteger: boolean },
  ): Freed;
  export function runPca(matrix: Freed, options: { numberOfPCs: number; numberOfThreads: number }): Pca;
  /** @param values [cells × dimensions], row by row. */
  export function buildNeighborSearchIndex(
    values: Float64Array,
    options: { numberOfDims: number; numberOfCells: number; approximate: boolean },
  ): Freed;
  export function buildSnnGraph(index: Freed, options: { neighbors: number; numberOfThreads: number }): Freed;
  export interface Clustering extends Freed {
    membership(): Int32Array;
  }
  export function clusterGraph(
    graph: Freed,
    options: { method: "multilevel"; multiLevelResolution: number },
  ): Clustering;
}
