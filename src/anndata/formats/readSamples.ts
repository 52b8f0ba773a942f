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
export const SAMPLE_COLUMN = "batch";

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
  const { cells } = await joinSamples(samples, { sampleColumn, join, ...reading }, nameOf(paths, samples));
  return cells;
}

/** The cells of several samples as one, and what became of each. */
export interface JoinedSamples {
  cells: AnnData;
  /** Cells of each. */
  sizes: number[];
  /** Whether names repeat, so that what they are from was added to each. */
  renamed: boolean;
}

/**
 * Opens samples, one below the other.
 * @param name how messages name them, where they are several
 */
export async function joinSamples(
  samples: readonly Sample[],
  { sampleColumn, join = "inner", ...reading }: SamplesOptions,
  name: string,
): Promise<JoinedSamples> {
  const parts: AnnData[] = [];
  try {
    for (const sample of samples) parts.push(await readSample(sample, reading));
    const labels = samples.map(({ label }) => label);
    const sizes = parts.map((part) => part.nObs);
    if (parts.length === 1 && sampleColumn === undefined) return { cells: parts[0], sizes, renamed: false };
    const cells = concatenate(parts, { join, batch: sampleColumn ?? SAMPLE_COLUMN, labels });
    const some = parts.find((part) => part.nObs > 0);
    const renamed = some !== undefined && some.obsNames[0] !== cells.obsNames[0];
    return { cells: new AnnData({ ...cells, path: name }), sizes, renamed };
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
export function nameOf(paths: string | readonly string[], samples: readonly Sample[]): string {
  if (typeof paths === "string") return paths;
  if (paths.length === 1) return paths[0];
  return paths.length <= 3
    ? samples.map(({ path }) => path).join(" + ")
    : `${paths[0]} and ${paths.length - 1} more`;
}
