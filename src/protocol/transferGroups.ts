import type { TransferGroup } from "../views/types.js";

/** What a file says of its cells' labels. */
export interface CellLabels {
  /** Labels by code. */
  names: readonly string[];
  /** Int32 [cells]: −1 for those without a label. */
  codes: Int32Array;
  /** Float32 [cells] */
  probabilities: Float32Array;
  /** [cells] undefined where the file doesn't say of any. */
  unassigned?: readonly boolean[];
  unlike?: readonly boolean[];
  /** Whether the simple methods both say the same other label. */
  disputed?: readonly boolean[];
}

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/**
 * What groups of cells are like, those of most cells first; groups without a cell are left out unless the reference has some.
 * @param groups names by code, and Int32 [cells] codes: −1 for cells of none
 * @param reference cells of each group in the reference
 */
export function transferGroups(
  labels: CellLabels,
  groups: { names: readonly string[]; codes: Int32Array },
  reference?: ArrayLike<number>,
): TransferGroup[] {
  const own = groups.names.map((): number[] => []);
  groups.codes.forEach((code, cell) => {
    if (code >= 0) own[code].push(cell);
  });
  const all = own.reduce((sum, cells) => sum + cells.length, 0);
  const ofReference = reference && Array.from(reference).reduce((sum, count) => sum + count, 0);
  return groups.names
    .map((name, code): TransferGroup => {
      const cells = own[code];
      const share = (flags?: readonly boolean[]) =>
        flags && cells.length > 0 ? cells.filter((cell) => flags[cell]).length / cells.length : undefined;
      return {
        ...{ name, cells: cells.length, share: all === 0 ? 0 : cells.length / all },
        ...(reference && ofReference && { reference: reference[code] / ofReference }),
        quantiles: quantilesOf(cells.map((cell) => labels.probabilities[cell])),
        ...{ unassigned: share(labels.unassigned), unlike: share(labels.unlike) },
        disputed: share(labels.disputed),
      };
    })
    .filter((group) => group.cells > 0 || (group.reference ?? 0) > 0)
    .sort((a, b) => b.cells - a.cells);
}

/** The label that most of each cluster's labelled cells have, and its share of them. */
export function commonest(
  { names, codes }: CellLabels,
  clusters: { names: readonly string[]; codes: Int32Array },
): Map<string, { label: string; share: number }> {
  const counts = clusters.names.map(() => new Map<number, number>());
  clusters.codes.forEach((cluster, cell) => {
    if (cluster < 0 || codes[cell] < 0) return;
    counts[cluster].set(codes[cell], (counts[cluster].get(codes[cell]) ?? 0) + 1);
  });
  return new Map(
    counts.flatMap((count, cluster) => {
      const [first] = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      if (!first) return [];
      const all = [...count.values()].reduce((sum, own) => sum + own, 0);
      return [[clusters.names[cluster], { label: names[first[0]], share: first[1] / all }] as const];
    }),
  );
}

/** By linear interpolation, as numpy's; undefined where no value is a number. */
export function quantilesOf(values: readonly number[]): TransferGroup["quantiles"] {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length === 0) return undefined;
  const at = (q: number) => {
    const place = q * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  };
  return QUANTILES.map(at) as unknown as TransferGroup["quantiles"];
}
