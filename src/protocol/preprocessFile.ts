import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import { samplesOf } from "../anndata/formats/samples.js";
import { stampsOf } from "../store/inputs.js";
import type { Prepared } from "../store/prepared.js";
import {
  isPrepared,
  isVacant,
  loadPrepared,
  recordedInputs,
  writePrepared,
} from "../store/preparedFolder.js";
import { CellkernelError } from "../support/error.js";
import { claim } from "../support/lock.js";
import { originOf, pathsOf } from "./origin.js";
import { preprocess } from "./preprocess.js";
import type { PreprocessOptions } from "./preprocessOptions.js";

/** A preparation on disk, in short. */
export interface PreprocessSummary {
  /** Cells and genes of the file. */
  cells: number;
  genes: number;
  /** What is left of them for the model. */
  kept: { cells: number; genes: number };
  vocabulary: { matched: number; of: number; countsShare: number };
  /** Names, the most variable first; empty when all genes were kept. */
  highlyVariableGenes: string[];
  flavor?: string;
  matrix: string;
  classes?: string[];
  batches?: string[];
  maxLength: number;
  notes: string[];
  /** Folder of the preparation, where one was asked for. */
  out?: string;
  /** Whether it stood there already. */
  reused: boolean;
}

/**
 * Prepares an `.h5ad` file, or several or a folder of them (see `readSamples`), into a folder where one is given. A folder that already holds the preparation of the
 * same content for the same model with the same options is used as it is; one that holds anything else is left alone,
 * with an error.
 * @throws also where the file was written to meanwhile: what was read of it belongs to no state of it
 */
export async function preprocessFile(
  paths: string | readonly string[],
  options: PreprocessOptions & SamplesOptions,
  folder?: string,
): Promise<PreprocessSummary> {
  const samples = samplesOf(paths);
  const stamps = () => JSON.stringify(pathsOf(samples).map(stampsOf));
  if (folder !== undefined && !isVacant(folder)) {
    const { origin } = await originOf(samples, options, recordedInputs(folder));
    if (isPrepared(folder, origin)) return summarize(loadPrepared(folder), folder, true);
  }
  const before = stamps();
  const cells = await readSamples(paths, options);
  let giveBack = () => {};
  try {
    if (folder === undefined) return summarize(await preprocess(cells, options), folder, false);
    giveBack = claim(folder);
    const prepared = await preprocess(cells, options);
    const { origin, inputs } = await originOf(samples, options);
    if (stamps() !== before)
      throw new CellkernelError(
        "path",
        `${cells.path} was written to while it was read: prepare the cells again when it is finished`,
        { path: cells.path },
      );
    writePrepared(prepared, folder, origin, inputs);
    return summarize(prepared, folder, false);
  } finally {
    cells.close();
    giveBack();
  }
}

/** The cells of files as `readSamples` joins them, prepared and kept in memory. */
export async function preprocessSamples(
  paths: readonly string[],
  options: PreprocessOptions & SamplesOptions,
): Promise<Prepared> {
  const cells = await readSamples(paths, options);
  try {
    return await preprocess(cells, options);
  } finally {
    cells.close();
  }
}

/** What is said of a preparation. */
export function summarize(prepared: Prepared, out: string | undefined, reused: boolean): PreprocessSummary {
  const { match, genes, tokens, quality } = prepared;
  const chosen = Int32Array.from(genes.rank.keys()).filter((gene) => genes.rank[gene] >= 0);
  chosen.sort((a, b) => genes.rank[a] - genes.rank[b]);
  return {
    cells: quality.totalCounts.length,
    genes: genes.names.length,
    kept: { cells: tokens.cells, genes: tokens.genes.length },
    vocabulary: { matched: match.matched, of: match.of, countsShare: match.countsShare },
    highlyVariableGenes: genes.variability ? Array.from(chosen, (gene) => genes.names[gene]) : [],
    flavor: genes.variability?.flavor,
    matrix: prepared.source.matrix,
    classes: prepared.labels?.classes,
    batches: prepared.batches?.names,
    maxLength: prepared.maxLength,
    notes: prepared.notes,
    out,
    reused,
  };
}
