import { AnnData } from "../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import type { MimeBundle } from "../host/host.js";
import { interruption } from "../host/interruption.js";
import type { MappingOptions } from "../settings/mapping.js";
import { CellkernelError } from "../support/error.js";
import { applyToFile } from "./applyToFile.js";
import type { CellReference } from "./cellReference.js";
import { LabelledFile } from "./labelledFile.js";
import { MapTask } from "./mapTask.js";

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
  const task = await MapTask.of(index, options, interruption(options.signal));
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const run = index.runFor(adata, options);
    const { notes, codes } = await applyToFile(
      run,
      adata,
      { ...options, maxSeqLen: index.maxSeqLen },
      () => task,
    );
    return new Mapping(options.out, [...index.classes], codes, notes);
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** What `mapCells` did. */
export class Mapping extends LabelledFile {
  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    return this.table("mapped", "label");
  }
}
