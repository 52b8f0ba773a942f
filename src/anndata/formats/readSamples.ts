import { AnnData } from "../anndata.js";
import { concatenate } from "../edit/concatenate.js";
import { type ReadCellsOptions, readCells } from "./readCells.js";
import { readMtx } from "./readMtx.js";
import { type Sample, samplesOf } from "./samples.js";

/** How several files become one. */
export interface SamplesOptions extends ReadCellsOptions {
  /** Name of the `obs` column that says which file a cell is of; "batch" by default, as in anndata. */
  sampleColumn?: string;
  /** Genes (and `obs` columns) that all have, or that any has; genes that a file lacks count as zero. */
  join?: "inner" | "outer";
}

/** How anndata's `concatenate` calls it. */
const COLUMN = "batch";

/**
 * Opens one file of cells, several, or folders of them (see `samplesOf`), one below the other as `concatenate` joins
 * them, with an `obs` column of their names. Of a single one there is that column only where it was asked for.
 *
 * @param paths a file or folder, or several
 * @param options how they are read and joined
 * @throws as `readCells` and `concatenate`
 * @example
 * const cells = await readSamples(["donor1.h5ad", "donor2.h5ad"], { sampleColumn: "donor" });
 * cells.categories("donor"); // → ["donor1", "donor2"]
 */
export async function readSamples(
  paths: string | readonly string[],
  { sampleColumn, join = "inner", ...reading }: SamplesOptions = {},
): Promise<AnnData> {
  const samples = samplesOf(paths);
  if (samples.length === 1 && sampleColumn === undefined) return readSample(samples[0], reading);
  const parts: AnnData[] = [];
  try {
    for (const sample of samples) parts.push(await readSample(sample, reading));
    const labels = samples.map(({ label }) => label);
    const joined = concatenate(parts, { join, batch: sampleColumn ?? COLUMN, labels });
    return new AnnData({ ...joined, path: nameOf(paths, parts) });
  } catch (error) {
    for (const part of parts) part.close();
    throw error;
  }
}

/** Opens one of the samples that `samplesOf` found. */
export function readSample(
  { path, prefix }: Pick<Sample, "path" | "prefix">,
  { transpose, genome }: ReadCellsOptions,
): Promise<AnnData> {
  return prefix === undefined ? readCells(path, { transpose, genome }) : readMtx(path, { prefix });
}

/** How messages name them all. */
function nameOf(paths: string | readonly string[], parts: readonly AnnData[]): string {
  if (typeof paths === "string") return paths;
  if (paths.length === 1) return paths[0];
  return paths.length <= 3
    ? parts.map(({ path }) => path).join(" + ")
    : `${paths[0]} and ${paths.length - 1} more`;
}
