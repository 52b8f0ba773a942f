import { extname } from "node:path";
import { AnnData } from "../anndata/anndata.js";
import { readSamples } from "../anndata/formats/readSamples.js";
import { CellkernelError } from "../support/error.js";
import { type ApplyOptions, applyToFile } from "./applyToFile.js";
import { openEmbedder, recipeFor, untrainedRun } from "./embedder.js";
import type { Model } from "./model.js";
import { isTable } from "./resultsSink.js";
import { Run } from "./run.js";
import type { Task } from "./task.js";

/** What `embed` did. */
export interface Embedding {
  /** The file that was written; the embeddings are its `obsm["X_scGPT"]`. */
  path: string;
  /** Numbers a cell. */
  width: number;
  /** What the reader must know. */
  notes: string[];
}

/** Embeddings alone. */
export const EMBED_TASK: Task = {
  ...{ name: "embed", arrays: {}, notes: () => [], record: () => ({}) },
  collect: () => ({
    codes: new Int32Array(0),
    add: () => ({}),
    columns: () => new Map(),
    tally: () => ({ counts: {}, examples: {} }),
  }),
};

/**
 * Embeds the cells of a file, of any number: writes a copy of it with each cell's embedding in `obsm["X_scGPT"]`, as the model
 * gives it (not scaled to length 1), and no labels. Cells are read, embedded and written some at a time.
 *
 * @param by a run, as whose own the cells are then prepared; or a pretrained model that was never fine-tuned: then all genes of the
 *   file that it knows are taken, `<cls>` with the value of padding, as the published embedding does; or the folder of either
 * @throws as `annotate` does, and where a model has no weights
 * @example
 * await embed(run, "cells.h5ad", { out: "embedded.h5ad" });
 * (await readH5ad("embedded.h5ad")).obsm.has("X_scGPT"); // → true
 */
export async function embed(
  by: Run | Model | string,
  cells: AnnData | string | readonly string[],
  options: ApplyOptions,
): Promise<Embedding> {
  if (!options?.out)
    throw new CellkernelError(
      "option",
      'embed needs a file to write: embed(run, cells, { out: "embedded.h5ad" })',
      { option: "out" },
    );
  if (isTable(options.out))
    throw new CellkernelError(
      "option",
      `embed writes no ${extname(options.out)}, which holds no arrays: name an .h5ad or .zarr instead of ${options.out}`,
      { option: "out" },
    );
  const given = typeof by === "string" ? await openEmbedder(by) : by;
  const { out } = options;
  const width = given.args.embsize;
  if (given instanceof Run) {
    const { notes } = await applyToFile(given, cells, options, () => EMBED_TASK);
    return { path: out, width, notes };
  }
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const run = untrainedRun(given, recipeFor(given, adata, options));
    const { notes } = await applyToFile(run, adata, options, () => EMBED_TASK);
    return { path: out, width, notes: [...untrainedNotes(given, run), ...notes] };
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** What the reader must know of a model that was not fine-tuned. */
export function untrainedNotes(model: Model, run: Run): string[] {
  const how = `${model.folder} was not fine-tuned: cells are embedded with all ${run.genes.length} genes that it knows`;
  return [how, ...model.notes];
}
