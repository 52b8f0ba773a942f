import { Categorical, type Column } from "../anndata/columns.js";
import { clusterVotes } from "../evaluate/clusterConsensus.js";

/** What a cluster is called whose cells don't agree. */
const HETEROGENEOUS = "heterogeneous";

/** Clusters of cells. */
export interface Clusters {
  names: readonly string[];
  /** Int32 [cells]: −1 for cells of none. */
  codes: Int32Array;
}

/**
 * What the cells of each one's cluster are together: the columns `cluster_label`, "heterogeneous" where fewer of them agree than the
 * wanted share, and `cluster_share`, how many do. Cells of no cluster, and of one without labels, have missing values.
 * @param labels [cells]: −1 for those without a label
 * @param classes names by code
 */
export function clusterColumns(
  { names, codes }: Clusters,
  labels: Int32Array,
  classes: readonly string[],
  least: number,
): Map<string, Column> {
  const votes = clusterVotes(codes, labels, names.length, classes.length);
  // It may be a class that was learnt.
  const own = classes.indexOf(HETEROGENEOUS);
  const open = own < 0 ? classes.length : own;
  const labelOf = votes.map(({ label, share }) => (share < least ? open : label));
  return new Map<string, Column>([
    [
      "cluster_label",
      new Categorical(
        codes.map((cluster) => (cluster < 0 ? -1 : labelOf[cluster])),
        own < 0 ? [...classes, HETEROGENEOUS] : classes,
        false,
      ),
    ],
    ["cluster_share", Float32Array.from(codes, (c) => (c < 0 ? Number.NaN : votes[c].share))],
  ]);
}
