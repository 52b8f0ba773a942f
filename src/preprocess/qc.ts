import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import { ExactSums } from "./exactSums.js";
import type { StateArrays } from "./state.js";

/** Quality figures, with scanpy's names in camel case. */
export interface QcMetrics {
  /** Float64 [cells] each. */
  obs: {
    /** Genes with a count. */
    nGenesByCounts: Float64Array;
    totalCounts: Float64Array;
    totalCountsMt: Float64Array;
    /** Percent of the cell's counts in mitochondrial genes; NaN for an empty cell. */
    pctCountsMt: Float64Array;
  };
  /** Float64 [genes] each. */
  var: {
    /** Cells with a count. */
    nCellsByCounts: Float64Array;
    totalCounts: Float64Array;
    meanCounts: Float64Array;
    /** Percent of the cells without a count. */
    pctDropoutByCounts: Float64Array;
  };
}

/** What the values of a matrix are like; none is negative. */
export class ValueRange {
  max = 0;
  smallestNonZero = Infinity;
  integers = true;
}

/** Gathers quality figures block by block. */
export class QcAccumulator {
  readonly range = new ValueRange();
  private readonly mitochondrial: Uint8Array;
  private readonly nGenes: Float64Array;
  private readonly total: Float64Array;
  private readonly totalMt: Float64Array;
  /** [genes × 2] cells and whole counts of each gene, side by side because they are always needed together. */
  private readonly genes: Float64Array;
  /** What the counts of each gene have below 1; absent where all are whole. */
  private fractions?: ExactSums;

  constructor(
    private readonly cells: number,
    geneNames: readonly string[],
  ) {
    this.mitochondrial = isMitochondrial(geneNames);
    this.nGenes = new Float64Array(cells);
    this.total = new Float64Array(cells);
    this.totalMt = new Float64Array(cells);
    this.genes = new Float64Array(2 * geneNames.length);
  }

  /** @param kept Uint8 [rows]: the cells that the genes' figures are of; default: all */
  add(block: CsrBlock, kept?: Uint8Array): void {
    const { indptr, indices, data } = block;
    const { mitochondrial, genes, range } = this;
    let { max, smallestNonZero, integers } = range;
    for (let row = 0; row < block.rows; row++) {
      let total = 0;
      let totalMt = 0;
      const one = kept === undefined ? 1 : kept[row];
      for (let p = indptr[row], end = indptr[row + 1]; p < end; p++) {
        const gene = indices[p];
        const value = data[p];
        total += value;
        totalMt += value * mitochondrial[gene];
        const whole = Math.floor(value);
        genes[2 * gene] += one;
        genes[2 * gene + 1] += one * whole;
        if (value > max) max = value;
        if (value < smallestNonZero) smallestNonZero = value;
        if (value !== whole) {
          integers = false;
          if (one === 1) this.addFraction(gene, value - whole);
        }
      }
      this.nGenes[block.start + row] = indptr[row + 1] - indptr[row];
      this.total[block.start + row] = total;
      this.totalMt[block.start + row] = totalMt;
    }
    range.max = max;
    range.smallestNonZero = smallestNonZero;
    range.integers = integers;
  }

  private addFraction(gene: number, value: number): void {
    this.fractions ??= new ExactSums(this.genes.length / 2);
    this.fractions.add(gene, value);
  }

  metrics(): QcMetrics {
    const { cells, total, totalMt, genes } = this;
    const nCells = genes.filter((_, i) => i % 2 === 0);
    const below = this.fractions?.totals();
    const geneTotal = nCells.map((_, gene) => genes[2 * gene + 1] + (below?.[gene] ?? 0));
    return {
      obs: {
        nGenesByCounts: this.nGenes,
        totalCounts: total,
        totalCountsMt: totalMt,
        pctCountsMt: totalMt.map((counts, cell) => (100 * counts) / total[cell]),
      },
      var: {
        nCellsByCounts: nCells,
        totalCounts: geneTotal,
        meanCounts: geneTotal.map((counts) => counts / cells),
        pctDropoutByCounts: nCells.map((expressed) => 100 * (1 - expressed / cells)),
      },
    };
  }

  /** What was gathered of the genes, and the range of the values; the cells' own figures stand in `metrics`. */
  state(): StateArrays {
    const { max, smallestNonZero, integers } = this.range;
    return {
      ...{ range: Float64Array.of(max, smallestNonZero, integers ? 1 : 0), genes: this.genes },
      ...this.fractions?.state("fractions"),
    };
  }

  /** Adds what was gathered of the genes in other cells. */
  merge(state: StateArrays): void {
    const { range: other, genes, fractions } = state as Record<string, Float64Array>;
    const { range } = this;
    range.max = Math.max(range.max, other[0]);
    range.smallestNonZero = Math.min(range.smallestNonZero, other[1]);
    range.integers &&= other[2] === 1;
    for (let i = 0; i < genes.length; i++) this.genes[i] += genes[i];
    if (fractions === undefined) return;
    this.fractions ??= new ExactSums(genes.length / 2);
    this.fractions.mergeState(state, "fractions");
  }
}

/** Uint8 [genes]: 1 for mitochondrial genes, those whose names start with MT- (any case). */
export function isMitochondrial(geneNames: readonly string[]): Uint8Array {
  return Uint8Array.from(geneNames, (name) => (/^mt-/i.test(name) ? 1 : 0));
}

/**
 * Quality figures of cells and genes, as `scanpy.pp.calculate_qc_metrics` has them. Reads the matrix once.
 *
 * @param geneNames [columns of the matrix]; those of mitochondrial genes begin with "MT-"
 * @example
 * const { obs } = calculateQcMetrics(counts, sample.varNames);
 * obs.totalCounts[0]; // → 17348
 * obs.nGenesByCounts[0]; // → 2631
 */
export function calculateQcMetrics(counts: RowMatrix, geneNames: readonly string[]): QcMetrics {
  const [cells, genes] = counts.shape;
  if (geneNames.length !== genes)
    throw new CellkernelError(
      "option",
      `The matrix has ${genes} genes, but ${geneNames.length} names were given.`,
      { option: "geneNames" },
    );
  const qc = new QcAccumulator(cells, geneNames);
  for (const block of counts.blocks()) qc.add(block);
  return qc.metrics();
}
