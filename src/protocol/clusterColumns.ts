import type { AnnData } from "../anndata/anndata.js";
import { Categorical, type Column } from "../anndata/columns.js";
import { clusterVotes } from "../evaluate/clusterConsensus.js";
import { readClusters } from "../preprocess/labels.js";
import { OwnClusters } from "./ownClusters.js";
import type { Run } from "./run.js";
import type { Together } from "./task.js";

/** Labels of the cells' clusters, made when the cells' own are in. */
export class LabelClusters implements Together {
  /** Int32 [cells]: label of each. */
  private readonly labels: Int32Array;
  private readonly given: Clusters | undefined;
  private readonly own: OwnClusters | undefined;

  /** @param options.own clusters are made of the embeddings, whatever `clusterBy` names */
  constructor(
    private readonly run: Run,
    cells: AnnData,
    private readonly options: { clusterBy: string; clusterShare: number; own: boolean },
  ) {
    this.labels = new Int32Array(cells.nObs).fill(-1);
    this.own = options.own ? new OwnClusters(cells.nObs, run.args.embsize) : undefined;
    this.given = options.own ? undefined : readClusters(cells, options.clusterBy);
  }

  add(first: number, codes: Int32Array, embeddings: Float32Array): void {
    this.labels.set(codes, first);
    codes.forEach((code, cell) => {
      if (code >= 0) this.own?.add(first + cell, embeddings, cell);
    });
  }

  async finish(signal?: AbortSignal): Promise<void> {
    await this.own?.cluster(signal);
  }

  columns(): Map<string, Column> {
    const { own, given, labels, run, options } = this;
    const { clusterShare } = options;
    return new Map<string, Column>([
      ...(own?.columns() ?? []),
      ...clusterColumns((given ?? own)!, labels, run.classes, clusterShare),
    ]);
  }
}

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
