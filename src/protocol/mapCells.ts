import { AnnData } from "../anndata/anndata.js";
import { Categorical } from "../anndata/columns.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import type { Writable } from "../anndata/write/element.js";
import type { MimeBundle } from "../host/host.js";
import { interruption } from "../host/interruption.js";
import type { CellOutputs } from "../predict/cells.js";
import { type Vote, vote } from "../reference/vote.js";
import { MAPPING, type MappingOptions } from "../settings/mapping.js";
import { resolve } from "../settings/setting.js";
import { CellkernelError } from "../support/error.js";
import { applyToFile, type Collector } from "./applyToFile.js";
import type { CellReference } from "./cellReference.js";
import { unitRows } from "./embedChunks.js";
import { checkNeighbours, meanOf } from "./indexCells.js";
import { LabelledFile } from "./labelledFile.js";
import type { Replay, TokenChunk } from "./replay.js";

/** Neighbours that vote where nothing is said: those of the protocol. */
const NEIGHBOURS = 50;

/** How cells are mapped. */
export interface MapOptions extends MappingOptions, Omit<SamplesOptions, keyof MappingOptions> {
  /** The `.h5ad`, `.zarr` or (a table of the cells) `.csv` or `.parquet` to write; not the input itself. */
  out: string;
  /** Called with the share of cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/**
 * Maps the cells of a file, or of several or a folder of them, to an index of labelled ones: without training, the k nearest of
 * these vote on each cell's label. Writes a copy of the file with `obs` columns `mapped_label`, `mapped_share` (of the votes, 0 … 1),
 * `mapped_distance` (mean Euclidean distance to the neighbours; embeddings have length 1) and `mapped_confidence`, the
 * embeddings in `obsm["X_scGPT"]`, and in `uns["cellkernel"]` what it was done by. Cells are prepared as those of the index
 * were; they are read, mapped and written some at a time. A cell that expresses none of the genes gets no label.
 *
 * The confidence is the share, less where a cell is farther from the index than its cells are from one another: times the
 * usual distance (of 95 % of the index's own cells to their k nearest, at most) by the cell's own.
 *
 * @throws where k is more than the cells of the index, and as `annotate` does
 * @example
 * const index = await loadIndex("blood_index"); // what the example of buildIndex saved
 * await mapCells(index, "cells.h5ad", { out: "mapped.h5ad", k: 15, vote: "distance" });
 */
export async function mapCells(
  index: CellReference,
  cells: AnnData | string | readonly string[],
  options: MapOptions,
): Promise<Mapping> {
  if (!options?.out)
    throw new CellkernelError(
      "option",
      'mapCells needs a file to write: mapCells(index, cells, { out: "mapped.h5ad" })',
      { option: "out" },
    );
  const given = resolve(MAPPING, options);
  const k = given.k ?? Math.min(NEIGHBOURS, index.cells);
  checkNeighbours(k, index.cells);
  const signal = interruption(options.signal);
  const how = {
    k,
    vote: given.vote,
    nprobe: given.nprobe,
    usual: await index.usualDistance(k, signal),
    signal,
  };
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const run = index.runFor(adata, options);
    let codes: Int32Array = new Int32Array(0);
    const notes = await applyToFile(run, adata, { ...options, maxSeqLen: index.maxSeqLen }, (replay) => {
      const mapped = new MappedCells(index, replay, run.args.embsize, how);
      codes = mapped.codes;
      return mapped;
    });
    return new Mapping(options.out, [...index.classes], codes, notes);
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** How the neighbours are found and vote. */
interface Method {
  k: number;
  vote: Vote;
  nprobe: number | undefined;
  usual: number | undefined;
  signal: AbortSignal | undefined;
}

/** The labels of a file's cells, as they come in. */
class MappedCells implements Collector {
  readonly arrays = {};
  /** Int32 [cells of the file]: −1 for cells without a known gene, and for those left out. */
  readonly codes: Int32Array;
  private readonly shares: Float32Array;
  private readonly distances: Float32Array;
  private readonly confidences: Float32Array;
  private readonly counts: Int32Array;
  private far = 0;
  private empty = 0;

  constructor(
    private readonly index: CellReference,
    { cells: { nObs } }: Replay,
    private readonly width: number,
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
    const { index, counts, method, width } = this;
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
      ["mapped_label", new Categorical(this.codes, [...this.index.classes], false)],
      ["mapped_share", this.shares],
      ["mapped_distance", this.distances],
      ["mapped_confidence", this.confidences],
    ]);
  }

  record(): Record<string, Writable> {
    const { k, vote, usual, nprobe } = this.method;
    return {
      ...{ index: this.index.about(), k, vote },
      ...(nprobe === undefined ? {} : { nprobe }),
      ...(usual === undefined ? {} : { usual_distance: usual }),
    };
  }

  notes(): string[] {
    const notes: string[] = [];
    const mapped = this.codes.reduce((sum, code) => sum + (code < 0 ? 0 : 1), 0);
    if (this.far > 0)
      notes.push(
        `${this.far} of ${mapped} cells are farther from the index than 95 % of its own cells are from one another: their confidence is less`,
      );
    if (this.method.usual === undefined)
      notes.push(
        "the index holds no embeddings, only what they are quantised to: the confidence is the share of the votes, however far a cell is",
      );
    if (this.empty > 0) notes.push(`${this.empty} cells express none of the index's genes and got no label`);
    return notes;
  }
}

/** What `mapCells` did. */
export class Mapping extends LabelledFile {
  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    return this.table("mapped", "label");
  }
}
