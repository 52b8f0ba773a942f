import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import { ClippedMoments, type ClippedSums } from "./clipped.js";
import { CountTable, type Moments } from "./countTable.js";
import { chooseByDispersion } from "./dispersion.js";
import { GeneMoments } from "./geneMoments.js";
import { type HighlyVariableGenes, HVG_FLAVORS, type HvgFlavor } from "./ranking.js";
import { chooseSeuratV3, normalizedVariance, type RegularizedSpread, regularizedSpread } from "./seuratV3.js";

/**
 * Finds highly variable genes, as `scanpy.pp.highly_variable_genes` does.
 *
 * Reads the matrix once by blocks of rows; `seurat_v3` reads it a second time where it holds more different
 * large counts than are kept in memory (full-length protocols), or no integers.
 *
 * @param matrix counts for `seurat_v3`; logged values for `cell_ranger` and `seurat`
 * @param options.nTopGenes how many to choose; more where genes tie with the last (`cell_ranger`, `seurat`)
 * @param options.batches Int32 [rows], code of each cell's batch, −1 to leave the cell out. Batches of one cell
 *   have no variance and are left out.
 * @param options.span share of the genes in each local fit of `seurat_v3`
 * @throws where the flavour is unknown, `nTopGenes` is no positive integer, or no batch has two cells with counts
 * @example
 * const { rank } = highlyVariableGenes(counts, { flavor: "seurat_v3", nTopGenes: 2000 });
 * sample.varNames[rank.indexOf(0)]; // → "FABP4"
 */
export function highlyVariableGenes(
  matrix: RowMatrix,
  options: { flavor?: HvgFlavor; nTopGenes: number; batches?: Int32Array; span?: number },
): HighlyVariableGenes {
  const { flavor = "seurat", nTopGenes, batches, span } = options;
  checkOptions(flavor, nTopGenes);
  const [, genes] = matrix.shape;
  const nBatches = batches === undefined ? 1 : batches.reduce((most, code) => Math.max(most, code), 0) + 1;
  if (flavor !== "seurat_v3") {
    const moments = new GeneMoments(genes, nBatches);
    for (const block of matrix.blocks()) moments.add(beforeMoments(block, flavor), batches);
    return fromMoments(moments, flavor, nTopGenes);
  }
  const table = new CountTable(genes, nBatches);
  for (const block of matrix.blocks()) table.add(block, batches);
  const trend = new CountTrend(table, { span });
  let clipped = trend.clipped();
  if (clipped === undefined) {
    const again = new ClippedMoments(trend.limits);
    for (const block of matrix.blocks()) again.add(block, batches);
    clipped = again.sums;
  }
  return trend.choose(clipped, nTopGenes);
}

/** Refuses an unknown flavour and a senseless number of genes. */
export function checkOptions(flavor: HvgFlavor, nTopGenes: number): void {
  if (!HVG_FLAVORS.includes(flavor))
    throw new CellkernelError(
      "option",
      `hvgFlavor is "${flavor}"; it must be one of ${HVG_FLAVORS.join(", ")}.`,
      { option: "hvgFlavor" },
    );
  if (!Number.isInteger(nTopGenes) || nTopGenes < 1)
    throw new CellkernelError("option", `nTopGenes is ${nTopGenes}; it must be a positive integer.`, {
      option: "nTopGenes",
    });
}

/** What a flavour does to logged values before their moments are taken. */
export function beforeMoments(block: CsrBlock, flavor: HvgFlavor): CsrBlock {
  if (flavor !== "seurat") return block;
  const data = block.data.slice();
  for (let p = 0; p < data.length; p++) data[p] = Math.fround(Math.expm1(data[p]));
  return { ...block, data };
}

/** `cell_ranger` and `seurat`, from moments gathered before. */
export function fromMoments(
  gathered: GeneMoments,
  flavor: "cell_ranger" | "seurat",
  nTopGenes: number,
  columns?: Int32Array,
): HighlyVariableGenes {
  const parts = usableBatches(gathered, columns).map((batch) => pick(gathered.moments(batch), columns));
  if (parts.some(({ squares }) => !squares.every(Number.isFinite)))
    throw new CellkernelError(
      "matrix",
      `The flavour ${flavor} takes logged values, and these are too large for that: counts are for "seurat_v3".`,
      { option: "flavor" },
    );
  return chooseByDispersion(parts, flavor, nTopGenes);
}

/** `seurat_v3`, from counts gathered before: the mean–variance trend of each batch, and the choice by it. */
export class CountTrend {
  /** Float64 [all genes] for each batch of the table: where counts are clipped. */
  readonly limits: Float64Array[];
  private readonly usable: number[];
  private readonly moments: Moments[];
  private readonly spreads: RegularizedSpread[];
  private readonly columns?: Int32Array;

  /** @param options.columns the genes to choose from; default all */
  constructor(
    private readonly table: Pick<CountTable, "genes" | "batches" | "moments" | "clipped">,
    options: { span?: number; columns?: Int32Array } = {},
  ) {
    const { span, columns } = options;
    this.columns = columns;
    this.usable = usableBatches(table, columns);
    this.moments = this.usable.map((batch) => pick(table.moments(batch), columns));
    this.spreads = this.moments.map((part) => regularizedSpread(part, span));
    this.limits = Array.from({ length: table.batches }, () => new Float64Array(table.genes));
    this.usable.forEach((batch, i) => {
      this.spreads[i].limit.forEach((limit, k) => {
        this.limits[batch][columns === undefined ? k : columns[k]] = limit;
      });
    });
  }

  /** Sums of clipped counts for each batch; undefined where the matrix must be read again for them. */
  clipped(): ClippedSums[] | undefined {
    const sums = this.limits.map((limit, batch) => this.table.clipped(batch, limit));
    return sums.some((part) => part === undefined) ? undefined : (sums as ClippedSums[]);
  }

  choose(clipped: ClippedSums[], nTopGenes: number): HighlyVariableGenes {
    const normalized = this.usable.map((batch, i) => {
      const { sum, squares } = clipped[batch];
      const own = { sum: pickColumns(sum, this.columns), squares: pickColumns(squares, this.columns) };
      return normalizedVariance(this.spreads[i], own);
    });
    return chooseSeuratV3(total(this.moments), normalized, nTopGenes);
  }
}

/** Batches in which genes can vary: of two cells or more, with a count. */
function usableBatches(gathered: Pick<CountTable, "batches" | "moments">, columns?: Int32Array): number[] {
  const usable = Array.from({ length: gathered.batches }, (_, batch) => batch).filter((batch) => {
    const { cells, sum } = gathered.moments(batch);
    return cells > 1 && pickColumns(sum, columns).some((total) => total > 0);
  });
  if (usable.length === 0)
    throw new CellkernelError(
      "nothing",
      "Variable genes need at least two cells with counts, and two in one batch where batches are given.",
    );
  return usable;
}

function pickColumns(values: Float64Array, columns?: Int32Array): Float64Array {
  return columns === undefined ? values : Float64Array.from(columns, (column) => values[column]);
}

function pick(moments: Moments, columns?: Int32Array): Moments {
  return {
    cells: moments.cells,
    expressed: pickColumns(moments.expressed, columns),
    sum: pickColumns(moments.sum, columns),
    squares: pickColumns(moments.squares, columns),
  };
}

/** Moments over several batches together. */
function total(parts: Moments[]): Moments {
  const add = (pickOne: (part: Moments) => Float64Array) =>
    pickOne(parts[0]).map((_, gene) => parts.reduce((sum, part) => sum + pickOne(part)[gene], 0));
  return {
    cells: parts.reduce((sum, part) => sum + part.cells, 0),
    expressed: add((part) => part.expressed),
    sum: add((part) => part.sum),
    squares: add((part) => part.squares),
  };
}
