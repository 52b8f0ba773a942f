import { extname } from "node:path";
import type { AnnData } from "../anndata/anndata.js";
import { CellkernelError } from "../support/error.js";
import { type ApplyOptions, applyToFile, type Collector, isTable } from "./applyToFile.js";
import type { Run } from "./run.js";

/** What `embed` did. */
export interface Embedding {
  /** The file that was written; the embeddings are its `obsm["X_scGPT"]`. */
  path: string;
  /** Numbers a cell. */
  width: number;
  /** What the reader must know. */
  notes: string[];
}

const NOTHING: Collector = {
  ...{ arrays: {}, add: async () => ({}), columns: () => new Map(), notes: () => [], record: () => ({}) },
};

/**
 * Embeds the cells of a file, of any number: writes a copy of it with each cell's embedding in `obsm["X_scGPT"]`, as the model
 * gives it (not scaled to length 1), and no labels. Cells are prepared as the run's own were, read, embedded and written
 * some at a time.
 *
 * @throws as `annotate` does
 * @example
 * await embed(await loadRun("save/retina"), "atlas.h5ad", { out: "embedded.h5ad" });
 */
export async function embed(
  run: Run,
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
  const notes = await applyToFile(run, cells, options, () => NOTHING);
  return { path: options.out, width: run.args.embsize, notes };
}
