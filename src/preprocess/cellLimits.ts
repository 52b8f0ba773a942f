import type { AnnData } from "../anndata/anndata.js";
import type { CsrBlock } from "../anndata/matrix.js";
import { isMitochondrial } from "./qc.js";
import { type CellFigures, obsFigures } from "./quality.js";

/** Limits on a cell's quality figures, over all genes of its file; those that are absent are off. */
export interface CellLimits {
  minGenes?: number;
  maxGenes?: number;
  maxCounts?: number;
  maxPctMt?: number;
}

type Limit = keyof CellLimits;

/** What each is of, whether a value keeps it (an unknown one keeps none), and what the cells outside are called. */
const LIMITS: Record<
  Limit,
  { figure: keyof CellFigures; holds(value: number, limit: number): boolean; beyond(limit: number): string }
> = {
  minGenes: {
    figure: "nGenesByCounts",
    holds: (value, limit) => value >= limit,
    beyond: (limit) => `fewer than ${limit} genes`,
  },
  maxGenes: {
    figure: "nGenesByCounts",
    holds: (value, limit) => value <= limit,
    beyond: (limit) => `more than ${limit} genes`,
  },
  maxCounts: {
    figure: "totalCounts",
    holds: (value, limit) => value <= limit,
    beyond: (limit) => `more than ${limit} counts`,
  },
  maxPctMt: {
    figure: "pctCountsMt",
    holds: (value, limit) => value <= limit,
    beyond: (limit) => `more than ${limit} % mitochondrial counts`,
  },
};

/**
 * Tells the cells of a block that are within all limits: Uint8 [rows], 1 where they are.
 * @param chosen rows of the file that the matrix has, where it has not all
 */
export type Within = (block: CsrBlock, chosen?: Int32Array) => Uint8Array;

/** The limits that are set. */
export function limitsSet(limits: CellLimits): [Limit, number][] {
  return (Object.keys(LIMITS) as Limit[]).flatMap((name) => {
    const limit = limits[name];
    return limit === undefined ? [] : [[name, limit]];
  });
}

/** By what the cells of a file are held against limits, as all of them show it. */
export interface LimitsBy {
  /** The matrix where it holds counts, else the columns of `obs` that other tools left. */
  by: "matrix" | "obs";
  /** The limits that nothing is known for. */
  unknown: Limit[];
  /** Whether the column of the share of mitochondrial counts holds fractions, in place of percents. */
  fraction: boolean;
}

/** @param counts whether the matrix holds counts */
export function limitsBy(cells: AnnData, counts: boolean, limits: CellLimits): LimitsBy {
  const set = limitsSet(limits);
  if (counts || set.length === 0) return { by: "matrix", unknown: [], fraction: false };
  const { fraction, used, ...figures } = obsFigures(cells);
  const unknown = set
    .map(([name]) => name)
    .filter((name) => figures[LIMITS[name].figure].every(Number.isNaN));
  return { by: "obs", unknown, fraction };
}

/**
 * How cells are held against limits: by what the matrix says of them, or by columns of `obs`.
 * @param cells those of a file, or some of them
 * @param geneNames [columns of the matrix]
 * @returns undefined where no limit is set, or nothing is known for one
 */
export function withinBy(
  cells: AnnData,
  geneNames: readonly string[],
  { by, unknown, fraction }: LimitsBy,
  limits: CellLimits,
): Within | undefined {
  const set = limitsSet(limits);
  if (set.length === 0 || unknown.length > 0) return undefined;
  const inside = (figures: CellFigures, cell: number) =>
    set.every(([name, limit]) => LIMITS[name].holds(figures[LIMITS[name].figure][cell], limit)) ? 1 : 0;
  if (by === "matrix") {
    const mitochondrial = isMitochondrial(geneNames);
    return (block) => {
      const figures = figuresOf(block, mitochondrial);
      return Uint8Array.from({ length: block.rows }, (_, row) => inside(figures, row));
    };
  }
  const figures = obsFigures(cells, fraction);
  return ({ start, rows }, chosen) =>
    Uint8Array.from({ length: rows }, (_, row) =>
      inside(figures, chosen ? chosen[start + row] : start + row),
    );
}

/**
 * The same of all cells of a file.
 * @returns undefined where no limit is set; the limits that nothing is known for, where there are such
 */
export function withinLimits(
  cells: AnnData,
  geneNames: readonly string[],
  counts: boolean,
  limits: CellLimits,
): { within?: Within; unknown: Limit[] } {
  const by = limitsBy(cells, counts, limits);
  return { within: withinBy(cells, geneNames, by, limits), unknown: by.unknown };
}

/** Says how many cells each limit leaves out; a cell may be beyond several. */
export function beyondLimits(figures: CellFigures, limits: CellLimits): string {
  return limitsSet(limits)
    .map(([name, limit]) => {
      const { figure, holds, beyond } = LIMITS[name];
      const out = figures[figure].reduce((sum, value) => sum + (holds(value, limit) ? 0 : 1), 0);
      return `${out} with ${beyond(limit)} (${name})`;
    })
    .join(", ");
}

function figuresOf({ rows, indptr, indices, data }: CsrBlock, mitochondrial: Uint8Array): CellFigures {
  const [genes, counts, share] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    let mt = 0;
    for (let p = indptr[row]; p < indptr[row + 1]; p++) {
      counts[row] += data[p];
      mt += data[p] * mitochondrial[indices[p]];
    }
    genes[row] = indptr[row + 1] - indptr[row];
    share[row] = (100 * mt) / counts[row];
  }
  return { nGenesByCounts: genes, totalCounts: counts, pctCountsMt: share };
}
