import type { CsrBlock } from "../anndata/matrix.js";
import type { ClippedSums } from "./clipped.js";
import { CountTable } from "./countTable.js";
import { GeneMoments } from "./geneMoments.js";
import { beforeMoments, CountTrend, fromMoments } from "./highlyVariableGenes.js";
import { takeColumns } from "./lazy.js";
import { log1pBlock } from "./log1p.js";
import { normalizeBlock } from "./normalizeTotal.js";
import type { HighlyVariableGenes } from "./ranking.js";
import type { StateArrays } from "./state.js";
import type { StatisticsOptions } from "./statistics.js";

/** Filters cells and gathers what the choice of variable genes needs. */
export class CellStatistics {
  /** Uint8 [cells] */
  readonly keptCells: Uint8Array;
  /** Int32 [cells]: the batch of each, −1 for those left out. */
  readonly batchOf: Int32Array;
  /** Cells outside the limits. */
  outside = 0;
  /** Cells that were gone over, and those of them that are kept. */
  seen = 0;
  kept = 0;
  private readonly counts?: CountTable;
  private readonly moments?: GeneMoments;
  private readonly target: Int32Array;
  private readonly columns: number;

  /** @param genes Uint8 [columns]: those that count toward a cell's total */
  constructor(
    private readonly options: StatisticsOptions,
    private readonly genes: Uint8Array,
  ) {
    const { cells, batches, nBatches, variable } = options;
    this.keptCells = new Uint8Array(cells).fill(1);
    this.batchOf = batches?.slice() ?? new Int32Array(cells);
    let columns = 0;
    this.target = Int32Array.from(genes, (flag) => (flag === 1 ? columns++ : -1));
    this.columns = columns;
    if (variable?.flavor === "seurat_v3") this.counts = new CountTable(genes.length, nBatches);
    else if (variable !== undefined) this.moments = new GeneMoments(columns, nBatches);
  }

  /** @param inside Uint8 [rows of the block]: cells within the limits; absent: all are */
  add(block: CsrBlock, inside?: Uint8Array): void {
    inside?.forEach((flag, row) => {
      if (flag === 1) return;
      this.outside++;
      this.leaveOut(block.start + row);
    });
    if (this.options.filterCellByCounts > 0) this.filterCells(block);
    this.seen += block.rows;
    for (let row = 0; row < block.rows; row++) this.kept += this.keptCells[block.start + row];
    this.counts?.add(block, this.batchOf);
    if (this.moments === undefined) return;
    const { logged, targetSum, variable } = this.options;
    const own = takeColumns(block, this.target, this.columns);
    const values = logged ? own : log1pBlock(normalizeBlock(own, targetSum));
    this.moments.add(beforeMoments(values, variable!.flavor), this.batchOf);
  }

  private filterCells({ start, rows, indptr, indices, data }: CsrBlock): void {
    for (let row = 0; row < rows; row++) {
      let total = 0;
      for (let p = indptr[row]; p < indptr[row + 1]; p++) total += data[p] * this.genes[indices[p]];
      if (total < this.options.filterCellByCounts) this.leaveOut(start + row);
    }
  }

  private leaveOut(cell: number): void {
    this.keptCells[cell] = 0;
    this.batchOf[cell] = -1;
  }

  /** What was gathered of the genes, and how many cells it is of. */
  state(): StateArrays {
    const { seen, kept, outside, counts, moments } = this;
    return { numbers: Float64Array.of(seen, kept, outside), ...counts?.state(), ...moments?.state() };
  }

  /**
   * Adds what was gathered of other cells.
   * @param batches our batch of each of theirs
   */
  merge(state: StateArrays, batches: readonly number[]): void {
    const [seen, kept, outside] = state.numbers;
    this.seen += seen;
    this.kept += kept;
    this.outside += outside;
    this.counts?.merge(state, batches);
    this.moments?.merge(state, batches);
  }

  /**
   * @param columns columns of the matrix, the genes to choose from
   * @param clip sums of the counts clipped at Float64 [columns of the matrix] for each batch, by another reading: asked for
   *   where there were too many different counts to keep
   */
  async choose(
    columns: Int32Array,
    clip: (limits: Float64Array[]) => Promise<ClippedSums[]>,
  ): Promise<HighlyVariableGenes> {
    const { flavor, nTopGenes } = this.options.variable!;
    const { counts, moments, target } = this;
    if (moments !== undefined)
      return fromMoments(
        moments,
        flavor as "cell_ranger" | "seurat",
        nTopGenes,
        columns.map((gene) => target[gene]),
      );
    const trend = new CountTrend(counts!, { columns });
    return trend.choose(trend.clipped() ?? (await clip(trend.limits)), nTopGenes);
  }
}
