import type { CsrBlock } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import type { Within } from "./cellLimits.js";
import { CellStatistics } from "./cellStatistics.js";
import { ClippedMoments } from "./clipped.js";
import { checkOptions } from "./highlyVariableGenes.js";
import { QcAccumulator, type QcMetrics, type ValueRange } from "./qc.js";
import type { HighlyVariableGenes, HvgFlavor } from "./ranking.js";

/** What the passes need to know. */
export interface StatisticsOptions {
  /** The matrix's name in messages. */
  name: string;
  /** Cells that are gone over. */
  cells: number;
  /** [columns] */
  geneNames: readonly string[];
  /** Uint8 [columns]: 1 for the genes of the vocabulary. */
  known: Uint8Array;
  /** Int32 [cells]: batch codes, −1 where missing; absent for one batch. */
  batches?: Int32Array;
  /** Number of batches; 1 where none are given. */
  nBatches: number;
  /** Cells outside are as if the file did not have them, but for the cells' own quality figures. */
  within?: Within;
  /** Least cells of a gene that is kept. */
  minCells?: number;
  filterGeneByCounts: number;
  filterCellByCounts: number;
  targetSum: number;
  /** Absent when all genes are kept. */
  variable?: { flavor: HvgFlavor; nTopGenes: number };
  /** Whether the values are logged already. */
  logged: boolean;
}

/** What was found about the genes, and how many cells it is of. */
export interface GeneFindings {
  range: ValueRange;
  qc: { var: Pick<QcMetrics["var"], "nCellsByCounts" | "totalCounts"> };
  /** Cells outside the limits. */
  outside: number;
  /** Uint8 [columns]: known, and with enough counts and cells. */
  keptGenes: Uint8Array;
  /** Over the kept genes, in their order. */
  variable?: HighlyVariableGenes;
}

/** What the passes found. */
export interface Statistics extends GeneFindings {
  qc: GeneFindings["qc"] & Pick<QcMetrics, "obs">;
  /** Uint8 [cells] */
  keptCells: Uint8Array;
}

/** Reads the matrix block by block, telling how far it came. */
export type Pass = (stage: string, visit: (block: CsrBlock) => void) => Promise<void>;

/**
 * Quality figures, filters and variable genes in one pass over the matrix. A filter of genes needs a pass of its
 * own before where cells are filtered or normalised by what it leaves; `seurat_v3` needs one after where there are
 * too many different large counts to keep.
 */
export async function gatherStatistics(options: StatisticsOptions, pass: Pass): Promise<Statistics> {
  const { within, known } = options;
  const qc = new QcAccumulator(options.cells, options.geneNames);
  const separate = countsGenesFirst(options);
  if (separate) await pass("counting genes", (block) => qc.add(block, within?.(block)));
  const cells = new CellStatistics(options, separate ? genesLeft(options, qc) : known);
  await pass("counting", (block) => {
    const inside = within?.(block);
    if (!separate) qc.add(block, inside);
    cells.add(block, inside);
  });
  const findings = await conclude(options, qc, cells, (visit) =>
    pass("clipping", (block) => visit(block, cells.batchOf)),
  );
  return { ...findings, qc: qc.metrics(), keptCells: cells.keptCells };
}

/** Whether the genes must be known that a filter leaves before cells are gone over. */
export function countsGenesFirst(
  options: Pick<
    StatisticsOptions,
    "variable" | "logged" | "minCells" | "filterGeneByCounts" | "filterCellByCounts"
  >,
): boolean {
  const { variable, logged, minCells = 0, filterGeneByCounts, filterCellByCounts } = options;
  if (variable) checkOptions(variable.flavor, variable.nTopGenes);
  const normalizes = variable !== undefined && variable.flavor !== "seurat_v3" && !logged;
  return (filterGeneByCounts > 0 || minCells > 0) && (filterCellByCounts > 0 || normalizes);
}

/** Uint8 [columns]: the known genes with enough counts, in enough cells. */
export function genesLeft(
  { known, filterGeneByCounts, minCells = 0 }: StatisticsOptions,
  qc: QcAccumulator,
): Uint8Array {
  const { totalCounts, nCellsByCounts } = qc.metrics().var;
  return known.map((flag, gene) =>
    flag === 1 && totalCounts[gene] >= filterGeneByCounts && nCellsByCounts[gene] >= minCells ? 1 : 0,
  );
}

/**
 * What follows from all that was gathered, of one file or of its shards together.
 *
 * @param reread goes over all cells once more, with the batch of each (−1 for those that are left out)
 */
export async function conclude(
  options: StatisticsOptions,
  qc: QcAccumulator,
  cells: CellStatistics,
  reread: (visit: (block: CsrBlock, batchOf: Int32Array) => void) => Promise<void>,
): Promise<GeneFindings> {
  const keptGenes = genesLeft(options, qc);
  if (qc.range.max === 0)
    throw new CellkernelError("matrix", `${options.name} holds only zeros.`, { matrix: options.name });
  refuseEmpty(options, cells, keptGenes);
  const choose = async () => {
    const columns = Int32Array.from(keptGenes.keys()).filter((gene) => keptGenes[gene] === 1);
    return cells.choose(columns, async (limits) => {
      const clipped = new ClippedMoments(limits);
      await reread((block, batchOf) => clipped.add(block, batchOf));
      return clipped.sums;
    });
  };
  return {
    range: qc.range,
    qc: qc.metrics(),
    outside: cells.outside,
    keptGenes,
    variable: options.variable && (await choose()),
  };
}

function refuseEmpty(
  { name, filterGeneByCounts, filterCellByCounts, minCells = 0 }: StatisticsOptions,
  { outside, seen, kept }: Pick<CellStatistics, "outside" | "seen" | "kept">,
  keptGenes: Uint8Array,
): void {
  if (outside > 0 && outside === seen)
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
  if (kept === 0)
    throw new CellkernelError(
      "nothing",
      filterCellByCounts > 0
        ? `No cell of ${name} has ${filterCellByCounts} counts or more; lower filterCellByCounts.`
        : `${name} has no cells.`,
      { matrix: name },
    );
}
