import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import type { Within } from "./cellLimits.js";
import { CountTable } from "./countTable.js";
import { ClippedMoments, GeneMoments } from "./geneMoments.js";
import { beforeMoments, CountTrend, checkOptions, fromMoments } from "./highlyVariableGenes.js";
import { takeColumns } from "./lazy.js";
import { log1pBlock } from "./log1p.js";
import { normalizeBlock } from "./normalizeTotal.js";
import { QcAccumulator, type QcMetrics, type ValueRange } from "./qc.js";
import type { HighlyVariableGenes, HvgFlavor } from "./ranking.js";

/** What the first pass needs to know. */
export interface StatisticsOptions {
  matrix: RowMatrix;
  /** The matrix's name in messages. */
  name: string;
  cellNames: readonly string[];
  /** [columns] */
  geneNames: readonly string[];
  /** Uint8 [columns]: 1 for the genes of the vocabulary. */
  known: Uint8Array;
  /** Int32 [cells]: batch codes, −1 where missing; absent for one batch. */
  batches?: Int32Array;
  /** Cells outside are as if the file did not have them, but for the cells' own quality figures. */
  within?: Within;
  /** Least cells of a gene that is kept. */
  minCells?: number;
  filterGeneByCounts: number;
  filterCellByCounts: number;
  targetSum: number;
  /** Absent when all genes are kept. */
  variable?: { flavor: HvgFlavor; nTopGenes: number };
}

/** What the first pass found. */
export interface Statistics {
  range: ValueRange;
  qc: QcMetrics;
  /** Cells outside the limits. */
  outside: number;
  /** Uint8 [cells] */
  keptCells: Uint8Array;
  /** Uint8 [columns]: known, and with enough counts and cells. */
  keptGenes: Uint8Array;
  /** Over the kept genes, in their order. */
  variable?: HighlyVariableGenes;
}

/** Reads the matrix block by block, telling how far it came. */
export type Pass = (stage: string, visit: (block: CsrBlock) => void) => Promise<void>;

/**
 * Quality figures, filters and variable genes in one pass over the matrix. A filter of genes needs a pass of its
 * own before where cells are filtered or normalised by what it leaves; `seurat_v3` needs one after where there are
 * too many different large counts to keep.
 *
 * @param logged whether the values are logged already
 */
export async function gatherStatistics(
  options: StatisticsOptions,
  logged: boolean,
  pass: Pass,
): Promise<Statistics> {
  const { cellNames, geneNames, known, variable, filterGeneByCounts, filterCellByCounts, targetSum } =
    options;
  const { within, minCells = 0 } = options;
  if (variable) checkOptions(variable.flavor, variable.nTopGenes);
  const qc = new QcAccumulator(cellNames.length, geneNames);
  const onCounts = variable?.flavor === "seurat_v3";
  const normalizes = variable !== undefined && !onCounts && !logged;
  const separate = (filterGeneByCounts > 0 || minCells > 0) && (filterCellByCounts > 0 || normalizes);
  if (separate) await pass("counting genes", (block) => qc.add(block, within?.(block)));
  const keptGenes = separate ? filtered(options, qc.metrics()) : known;

  const gatherer = new Gatherer(options, keptGenes, normalizes ? targetSum : undefined);
  await pass("counting", (block) => {
    const inside = within?.(block);
    if (!separate) qc.add(block, inside);
    gatherer.add(block, inside);
  });
  const metrics = qc.metrics();
  const finalGenes = separate ? keptGenes : filtered(options, metrics);
  if (qc.range.max === 0)
    throw new CellkernelError("matrix", `${options.name} holds only zeros.`, { matrix: options.name });
  refuseEmpty(options, gatherer.outside, gatherer.keptCells, finalGenes);
  return {
    range: qc.range,
    qc: metrics,
    outside: gatherer.outside,
    keptCells: gatherer.keptCells,
    keptGenes: finalGenes,
    variable: variable && (await gatherer.choose(finalGenes, pass)),
  };
}

function filtered({ known, filterGeneByCounts, minCells = 0 }: StatisticsOptions, qc: QcMetrics): Uint8Array {
  const { totalCounts, nCellsByCounts } = qc.var;
  return known.map((flag, gene) =>
    flag === 1 && totalCounts[gene] >= filterGeneByCounts && nCellsByCounts[gene] >= minCells ? 1 : 0,
  );
}

/** @param outside how many cells are outside the limits */
function refuseEmpty(
  options: StatisticsOptions,
  outside: number,
  keptCells: Uint8Array,
  keptGenes: Uint8Array,
): void {
  const { name, filterGeneByCounts, filterCellByCounts, minCells = 0 } = options;
  if (outside > 0 && outside === keptCells.length)
    throw new CellkernelError(
      "option",
      `No cell of ${name} is within the limits; loosen minGenes, maxGenes, maxCounts or maxPctMt.`,
      { option: "minGenes" },
    );
  if (!keptGenes.includes(1))
    throw new CellkernelError(
      "option",
      minCells > 0
        ? `No gene of ${name} has ${filterGeneByCounts} counts or more and is in ${minCells} cells or more; lower filterGeneByCounts or minCells.`
        : `No gene of ${name} has ${filterGeneByCounts} counts or more; lower filterGeneByCounts.`,
      { option: minCells > 0 ? "minCells" : "filterGeneByCounts" },
    );
  if (!keptCells.includes(1))
    throw new CellkernelError(
      "nothing",
      filterCellByCounts > 0
        ? `No cell of ${name} has ${filterCellByCounts} counts or more; lower filterCellByCounts.`
        : `${name} has no cells.`,
      { matrix: name },
    );
}

/** Filters cells and gathers what the choice of variable genes needs. */
class Gatherer {
  readonly keptCells: Uint8Array;
  outside = 0;
  /** Batch of each cell for the accumulators, −1 for those left out. */
  private readonly batchOf: Int32Array;
  private readonly counts?: CountTable;
  private readonly moments?: GeneMoments;
  private readonly target: Int32Array;
  private readonly columns: number;

  constructor(
    private readonly options: StatisticsOptions,
    private readonly genes: Uint8Array,
    private readonly targetSum?: number,
  ) {
    const { cellNames, batches, variable } = options;
    this.keptCells = new Uint8Array(cellNames.length).fill(1);
    this.batchOf = batches?.slice() ?? new Int32Array(cellNames.length);
    const nBatches = this.batchOf.reduce((most, code) => Math.max(most, code), 0) + 1;
    let columns = 0;
    this.target = Int32Array.from(genes, (flag) => (flag === 1 ? columns++ : -1));
    this.columns = columns;
    if (variable?.flavor === "seurat_v3") this.counts = new CountTable(genes.length, nBatches);
    else if (variable !== undefined) this.moments = new GeneMoments(columns, nBatches);
  }

  add(block: CsrBlock, inside?: Uint8Array): void {
    inside?.forEach((flag, row) => {
      if (flag === 1) return;
      this.outside++;
      this.leaveOut(block.start + row);
    });
    if (this.options.filterCellByCounts > 0) this.filterCells(block);
    this.counts?.add(block, this.batchOf);
    if (this.moments === undefined) return;
    const kept = takeColumns(block, this.target, this.columns);
    const logged = this.targetSum === undefined ? kept : log1pBlock(normalizeBlock(kept, this.targetSum));
    this.moments.add(logged, this.batchOf, beforeMoments(this.options.variable!.flavor));
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

  /** @param finalGenes Uint8 [columns of the matrix], the genes to choose from */
  async choose(finalGenes: Uint8Array, pass: Pass): Promise<HighlyVariableGenes> {
    const { flavor, nTopGenes } = this.options.variable!;
    const places = Int32Array.from(finalGenes.keys()).filter((gene) => finalGenes[gene] === 1);
    const { counts, moments, target, batchOf } = this;
    if (moments !== undefined)
      return fromMoments(
        moments,
        flavor as "cell_ranger" | "seurat",
        nTopGenes,
        places.map((gene) => target[gene]),
      );
    const trend = new CountTrend(counts!, { columns: places });
    let clipped = trend.clipped();
    if (clipped === undefined) {
      const again = new ClippedMoments(trend.limits);
      await pass("clipping", (block) => again.add(block, batchOf));
      clipped = again.sums;
    }
    return trend.choose(clipped, nTopGenes);
  }
}
