import { twoSided } from "./normalTail.js";

/** Expression of cells by rows: as logarithms, log1p of what was normalised, where fold changes are to mean anything. */
export interface Expression {
  genes: readonly string[];
  /** Float64 [cells + 1]: where each cell's entries begin. */
  indptr: Float64Array;
  /** Int32 [entries]: gene of each; none repeats within a cell. */
  gene: Int32Array;
  /** Float32 or Float64 [entries]: value of each; what has no entry is 0. */
  value: Float32Array | Float64Array;
}

/** How each gene of one group is expressed beside the cells of all others. All Float64 [genes]. */
export interface GroupMarkers {
  /** z of the rank sum: large where the gene is higher in the group. */
  scores: Float64Array;
  /** Two-sided, of the normal approximation. */
  pvals: Float64Array;
  /** Adjusted for the number of genes (Benjamini & Hochberg 1995). */
  pvalsAdj: Float64Array;
  /** log2 of the ratio of `expm1` of the means, 1e-9 added to each. */
  logfoldchanges: Float64Array;
  /** Mean of the group's cells. */
  means: Float64Array;
  /** Share of the group's cells with a value other than 0. */
  shares: Float64Array;
}

/**
 * Wilcoxon's rank-sum test of every gene in every group against all other cells, by the normal approximation: the numbers of
 * scanpy's `rank_genes_groups` with method "wilcoxon" and reference "rest". Zeros are counted, never stored.
 *
 * @param codes Int32 [cells]: group of each cell; −1: in none, but among the others of each
 * @param groups how many there are
 * @param options.tieCorrect the variance corrected for ties, as scanpy's `tie_correct`
 * @returns [groups]; undefined for a group of fewer than 2 cells, or of all
 */
export function wilcoxon(
  { genes, indptr, gene, value }: Expression,
  codes: ArrayLike<number>,
  groups: number,
  { tieCorrect = false }: { tieCorrect?: boolean } = {},
): (GroupMarkers | undefined)[] {
  const cells = codes.length;
  const sizes = new Float64Array(groups);
  for (let cell = 0; cell < cells; cell++) if (codes[cell] >= 0) sizes[codes[cell]]++;
  const markers = Array.from(sizes, (size) =>
    size < 2 || size === cells ? undefined : emptyMarkers(genes.length),
  );
  const columns = byGene(genes.length, { indptr, gene, value }, codes);
  for (let g = 0; g < genes.length; g++) {
    const of = rankSums(columns, columns.indptr[g], columns.indptr[g + 1], cells, groups);
    const total = of.values.reduce((sum, own) => sum + own, of.valuesOfNone);
    const variance = ((tieCorrect ? of.tieCorrection : 1) * (cells + 1)) / 12;
    for (const [group, own] of markers.entries()) {
      if (!own) continue;
      const n = sizes[group];
      const ranks = of.ranks[group] + (n - of.nonzero[group]) * of.rankOfZero;
      const score = (ranks - (n * (cells + 1)) / 2) / Math.sqrt(variance * n * (cells - n));
      // 0 / 0: all cells have the same value.
      own.scores[g] = Number.isNaN(score) ? 0 : score;
      own.pvals[g] = twoSided(own.scores[g]);
      own.means[g] = of.values[group] / n;
      own.shares[g] = of.nonzero[group] / n;
      const rest = (total - of.values[group]) / (cells - n);
      own.logfoldchanges[g] = Math.log2((Math.expm1(own.means[g]) + 1e-9) / (Math.expm1(rest) + 1e-9));
    }
  }
  for (const own of markers) own?.pvalsAdj.set(benjaminiHochberg(own.pvals));
  return markers;
}

function emptyMarkers(genes: number): GroupMarkers {
  const column = () => new Float64Array(genes);
  return {
    ...{ scores: column(), pvals: column(), pvalsAdj: column() },
    ...{ logfoldchanges: column(), means: column(), shares: column() },
  };
}

/** The entries gene by gene, each with its cell's group. */
interface Columns {
  /** Float64 [genes + 1] */
  indptr: Float64Array;
  value: Float32Array | Float64Array;
  code: Int32Array;
}

function byGene(
  genes: number,
  { indptr, gene, value }: Omit<Expression, "genes">,
  codes: ArrayLike<number>,
): Columns {
  const starts = new Float64Array(genes + 1);
  for (const g of gene) starts[g + 1]++;
  for (let g = 0; g < genes; g++) starts[g + 1] += starts[g];
  const next = starts.slice();
  const columns: Columns = { indptr: starts, value: value.slice(), code: new Int32Array(value.length) };
  for (let cell = 0; cell < codes.length; cell++)
    for (let p = indptr[cell]; p < indptr[cell + 1]; p++) {
      const at = next[gene[p]]++;
      columns.value[at] = value[p];
      columns.code[at] = codes[cell];
    }
  return columns;
}

/** What the test needs of one gene, by group: sums of the ranks and values of entries, and their number. */
interface RankSums {
  ranks: Float64Array;
  values: Float64Array;
  nonzero: Float64Array;
  /** Sum of the values of cells in no group. */
  valuesOfNone: number;
  /** Rank that all cells without an entry share. */
  rankOfZero: number;
  /** 1 − Σ(t³ − t) / (n³ − n) over the ties, of t cells each. */
  tieCorrection: number;
}

/** @param start, end the gene's entries */
function rankSums(
  { value, code }: Columns,
  start: number,
  end: number,
  cells: number,
  groups: number,
): RankSums {
  const sorted = value.slice(start, end).sort();
  const zeros = cells - sorted.length;
  // Of each distinct value: where it ends in the sorted ones, and the mean of the ranks that its cells take.
  const distinct = sorted.slice();
  const rank = new Float64Array(sorted.length);
  let [count, below, ties, negative] = [0, 0, zeros ** 3 - zeros, 0];
  while (below < sorted.length) {
    const own = sorted[below];
    let next = below + 1;
    while (next < sorted.length && sorted[next] === own) next++;
    if (own < 0) negative = next;
    distinct[count] = own;
    rank[count++] = (own > 0 ? zeros : 0) + (below + next + 1) / 2;
    ties += (next - below) ** 3 - (next - below);
    below = next;
  }
  const found: RankSums = {
    ...{
      ranks: new Float64Array(groups),
      values: new Float64Array(groups),
      nonzero: new Float64Array(groups),
    },
    ...{ valuesOfNone: 0, rankOfZero: negative + (zeros + 1) / 2 },
    tieCorrection: cells < 2 ? 1 : 1 - ties / (cells ** 3 - cells),
  };
  for (let p = start; p < end; p++) {
    const group = code[p];
    if (group < 0) {
      found.valuesOfNone += value[p];
      continue;
    }
    found.ranks[group] += rank[placeOf(distinct, count, value[p])];
    found.values[group] += value[p];
    found.nonzero[group]++;
  }
  return found;
}

/** Where a value stands among `count` ascending ones, of which it is one. */
function placeOf(ascending: ArrayLike<number>, count: number, value: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** p-values times their number by their rank, made monotone: the false discovery rates (Benjamini & Hochberg 1995). */
export function benjaminiHochberg(pvals: Float64Array): Float64Array {
  const order = Uint32Array.from(pvals.keys()).sort((a, b) => pvals[b] - pvals[a]);
  const adjusted = new Float64Array(pvals.length);
  let least = 1;
  order.forEach((place, i) => {
    least = Math.min(least, (pvals[place] * pvals.length) / (pvals.length - i));
    adjusted[place] = least;
  });
  return adjusted;
}
