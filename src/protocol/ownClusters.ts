import type { AnnData } from "../anndata/anndata.js";
import { Categorical, type Column } from "../anndata/columns.js";
import { clusterCells } from "../evaluate/clusterCells.js";
import { CellkernelError } from "../support/error.js";
import type { Clusters } from "./clusterColumns.js";

/** What `clusterBy` says in place of a column. */
const EMBEDDING = "embedding";
/** The column of the clusters that are made here. */
export const OWN_CLUSTERS = "embedding_cluster";
/** Cells whose embeddings are held in memory at most. */
const MOST_CELLS = 100_000;

/**
 * Whether the cells are to be clustered by their embeddings; a column of that name goes before.
 * @throws where there are too many
 */
export function isOwnClustering({ obs, nObs }: AnnData, clusterBy: string | undefined): boolean {
  if (clusterBy !== EMBEDDING || obs.columnNames().includes(EMBEDDING)) return false;
  if (nObs > MOST_CELLS)
    throw new CellkernelError(
      "option",
      `clusterBy is "${EMBEDDING}", by which up to ${MOST_CELLS} cells are clustered; there are ${nObs}. Name an obs column of clusters.`,
      { option: "clusterBy" },
    );
  return true;
}

/** Clusters of cells by their embeddings, made when all are in. */
export class OwnClusters implements Clusters {
  names: string[] = [];
  /** Int32 [cells]: −1 for cells that were not added. */
  readonly codes: Int32Array;
  private readonly embeddings: Float32Array;
  private readonly rows: number[] = [];

  constructor(
    cells: number,
    private readonly width: number,
  ) {
    this.codes = new Int32Array(cells).fill(-1);
    this.embeddings = new Float32Array(cells * width);
  }

  add(row: number, embeddings: Float32Array, cell: number): void {
    const { width } = this;
    this.embeddings.set(embeddings.subarray(cell * width, (cell + 1) * width), this.rows.length * width);
    this.rows.push(row);
  }

  async cluster(signal?: AbortSignal): Promise<void> {
    const { rows, width } = this;
    const found = await clusterCells(this.embeddings.subarray(0, rows.length * width), width, { signal });
    rows.forEach((row, i) => {
      this.codes[row] = found[i];
    });
    const count = found.reduce((most, code) => Math.max(most, code + 1), 0);
    this.names = Array.from({ length: count }, (_, cluster) => String(cluster + 1));
  }

  columns(): Map<string, Column> {
    return new Map([[OWN_CLUSTERS, new Categorical(this.codes, this.names, false)]]);
  }
}
