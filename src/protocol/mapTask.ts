import type { AnnData } from "../anndata/anndata.js";
import { Categorical } from "../anndata/columns.js";
import type { Writable } from "../anndata/write/element.js";
import type { CellOutputs } from "../predict/cells.js";
import { type Vote, vote } from "../reference/vote.js";
import { MAPPING, type MappingOptions } from "../settings/mapping.js";
import { resolve } from "../settings/setting.js";
import type { CellReference } from "./cellReference.js";
import { unitRows } from "./embedChunks.js";
import { checkNeighbours, meanOf } from "./indexCells.js";
import type { TokenChunk } from "./replay.js";
import type { Collector, Tally, Task } from "./task.js";

/** Neighbours that vote where nothing is said: those of the protocol. */
const NEIGHBOURS = 50;

/** The labels' name in `obs`. */
const LABELS = "mapped_label";

/** How the neighbours are found and vote. */
interface Method {
  k: number;
  vote: Vote;
  nprobe: number | undefined;
  usual: number | undefined;
  signal: AbortSignal | undefined;
}

/** Labels of cells by their nearest cells in an index. */
export class MapTask implements Task {
  readonly name = "map";
  readonly labels = LABELS;
  readonly arrays = {};

  private constructor(
    private readonly index: CellReference,
    private readonly method: Method,
  ) {}

  /**
   * @param known the distance that is usual, where that was worked out before
   * @throws where k is more than the cells of the index
   */
  static async of(
    index: CellReference,
    options: MappingOptions,
    signal?: AbortSignal,
    known?: number,
  ): Promise<MapTask> {
    const { k: given, vote, nprobe } = resolve(MAPPING, options);
    const k = given ?? Math.min(NEIGHBOURS, index.cells);
    checkNeighbours(k, index.cells);
    const usual = known ?? (await index.usualDistance(k, signal));
    return new MapTask(index, { k, vote, nprobe, usual, signal });
  }

  /** Mean distance to the nearest cells that is usual in the index; undefined where it can't be known. */
  get usual(): number | undefined {
    return this.method.usual;
  }

  collect(cells: AnnData): MappedCells {
    return new MappedCells(this.index, cells, this.method);
  }

  record(): Record<string, Writable> {
    const { k, vote, usual, nprobe } = this.method;
    return {
      ...{ index: this.index.about(), k, vote },
      ...(nprobe === undefined ? {} : { nprobe }),
      ...(usual === undefined ? {} : { usual_distance: usual }),
    };
  }

  notes({ counts: { mapped, far, empty } }: Tally): string[] {
    const notes: string[] = [];
    if (far > 0)
      notes.push(
        `${far} of ${mapped} cells are farther from the index than 95 % of its own cells are from one another: their confidence is less`,
      );
    if (this.method.usual === undefined)
      notes.push(
        "the index holds no embeddings, only what they are quantised to: the confidence is the share of the votes, however far a cell is",
      );
    if (empty > 0) notes.push(`${empty} cells express none of the index's genes and got no label`);
    return notes;
  }
}

/** The labels of cells, as they come in. */
class MappedCells implements Collector {
  /** Int32 [cells]: −1 for cells without a known gene. */
  readonly codes: Int32Array;
  private readonly shares: Float32Array;
  private readonly distances: Float32Array;
  private readonly confidences: Float32Array;
  private readonly counts: Int32Array;
  private far = 0;
  private empty = 0;

  constructor(
    private readonly index: CellReference,
    { nObs }: AnnData,
    private readonly method: Method,
  ) {
    this.codes = new Int32Array(nObs).fill(-1);
    const missing = () => new Float32Array(nObs).fill(Number.NaN);
    [this.shares, this.distances, this.confidences] = [missing(), missing(), missing()];
    this.counts = index.counts();
  }

  async add(
    { tokens: { indptr }, rows }: TokenChunk,
    { embeddings }: CellOutputs,
  ): Promise<Record<string, Float32Array>> {
    const { index, counts, method } = this;
    const width = embeddings.length / rows.length;
    const { k, usual = Number.POSITIVE_INFINITY } = method;
    const near = await index.nearest(unitRows(embeddings.slice(), width), k, method);
    const { codes, shares } = vote(near, index.labels, counts, method.vote);
    rows.forEach((row, cell) => {
      if (indptr[cell + 1] === indptr[cell]) {
        this.empty++;
        return;
      }
      const distance = meanOf(near.distances, cell * k, (cell + 1) * k);
      if (distance > usual) this.far++;
      this.codes[row] = codes[cell];
      this.shares[row] = shares[cell];
      this.distances[row] = distance;
      this.confidences[row] = shares[cell] * (distance > usual ? usual / distance : 1);
    });
    return {};
  }

  columns() {
    return new Map<string, Categorical | Float32Array>([
      [LABELS, new Categorical(this.codes, [...this.index.classes], false)],
      ["mapped_share", this.shares],
      ["mapped_distance", this.distances],
      ["mapped_confidence", this.confidences],
    ]);
  }

  tally(): Tally {
    const { far, empty, codes } = this;
    const mapped = codes.reduce((sum, code) => sum + (code < 0 ? 0 : 1), 0);
    return { counts: { mapped, far, empty }, examples: {} };
  }
}
