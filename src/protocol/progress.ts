import { setImmediate } from "node:timers/promises";
import type { RowMatrix } from "../anndata/matrix.js";
import type { Pass } from "../preprocess/statistics.js";
import type { PreprocessProgress } from "./preprocessOptions.js";

/** Least time between two reports, and between two turns of the event loop. */
const INTERVAL = 100;

/** Who is told, and what ends the work. */
export interface ProgressOptions {
  onProgress?: (progress: PreprocessProgress) => void;
  signal?: AbortSignal;
}

/** Reports how a pass over the cells goes on, and lets other work and a stop through in between. */
export class Meter {
  private readonly start = performance.now();
  private last = this.start;
  private done = 0;

  constructor(
    private readonly stage: string,
    private readonly cells: number,
    private readonly options: ProgressOptions,
  ) {
    options.signal?.throwIfAborted();
  }

  /** To be awaited after each block. Throws the signal's reason once it is aborted. */
  async advance(cells: number): Promise<void> {
    this.done += cells;
    const now = performance.now();
    if (now - this.last < INTERVAL && this.done < this.cells) return;
    this.last = now;
    const seconds = (now - this.start) / 1000;
    const cellsPerSecond = this.done / seconds;
    this.options.onProgress?.({
      stage: this.stage,
      cellsDone: this.done,
      cells: this.cells,
      cellsPerSecond,
      secondsLeft: (this.cells - this.done) / cellsPerSecond,
    });
    await setImmediate();
    this.options.signal?.throwIfAborted();
  }
}

/** Reads a matrix block by block, telling how far it came. */
export function passesOver(matrix: RowMatrix, options: ProgressOptions): Pass {
  return async (stage, visit) => {
    const meter = new Meter(stage, matrix.shape[0], options);
    for (const block of matrix.blocks()) {
      visit(block);
      await meter.advance(block.rows);
    }
  };
}
