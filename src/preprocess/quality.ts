import type { AnnData } from "../anndata/anndata.js";
import type { Statistics } from "./statistics.js";

/** Float64 [cells] each; NaN where unknown. */
export interface CellFigures {
  /** Float64 [cells]: genes with a count. */
  nGenesByCounts: Float64Array;
  /** Float64 [cells]: counts. */
  totalCounts: Float64Array;
  /** Percent of the cell's counts in mitochondrial genes. */
  pctCountsMt: Float64Array;
}

/** Quality figures of the cells of a file, before any was filtered, in the file's order. */
export interface CellQuality extends CellFigures {
  /** "matrix" when computed from counts, else the `obs` columns that they were taken from. */
  from: string;
}

/** Names that other tools give to the quality figures of a cell. */
const OBS_NAMES = {
  nGenesByCounts: ["n_genes_by_counts", "n_genes", "nFeature_RNA", "nGene"],
  totalCounts: ["total_counts", "n_counts", "nCount_RNA", "nUMI"],
  pctCountsMt: ["pct_counts_mt", "percent_mito", "percent.mt", "pct_mito", "percent_mt"],
};

/**
 * Quality figures of the cells: from the matrix where it holds counts, else from the columns of `obs` that other
 * tools left, as far as there are any.
 */
export function cellQuality(cells: AnnData, { qc, range }: Statistics, notes: string[]): CellQuality {
  if (range.integers) {
    const { nGenesByCounts, totalCounts, pctCountsMt } = qc.obs;
    return { nGenesByCounts, totalCounts, pctCountsMt, from: "matrix" };
  }
  const { used, fraction, ...figures } = obsFigures(cells);
  const from = used.length > 0 ? `obs columns ${used.join(", ")}` : "nothing";
  notes.push(
    used.length > 0
      ? `There are no counts to work quality figures out from: genes and counts a cell are those of ${from}.`
      : "There are no counts to work quality figures out from, and obs has none: genes and counts a cell are unknown.",
  );
  return { ...figures, from };
}

/** Names of the columns of `obs` that quality figures may be in. */
export const FIGURE_COLUMNS: readonly string[] = Object.values(OBS_NAMES).flat();

/**
 * Quality figures that other tools left in `obs`, and the columns that they are from.
 * @param fractions whether shares are fractions, in place of percents; absent: as these cells show it
 */
export function obsFigures(
  cells: AnnData,
  fractions?: boolean,
): CellFigures & { used: string[]; fraction: boolean } {
  const used: string[] = [];
  const take = (names: string[]) => {
    const name = names.find((one) => cells.obs.columnNames().includes(one));
    if (name === undefined) return new Float64Array(cells.nObs).fill(Number.NaN);
    used.push(name);
    const column = cells.obs.column(name)!;
    return Float64Array.from({ length: cells.nObs }, (_, i) => Number(column.at(i) ?? Number.NaN));
  };
  const nGenesByCounts = take(OBS_NAMES.nGenesByCounts);
  const totalCounts = take(OBS_NAMES.totalCounts);
  const share = take(OBS_NAMES.pctCountsMt);
  // Older tutorials keep a fraction under these names.
  const fraction = fractions ?? share.every((value) => !(value > 1));
  return {
    nGenesByCounts,
    totalCounts,
    pctCountsMt: fraction ? share.map((value) => 100 * value) : share,
    ...{ used, fraction },
  };
}
