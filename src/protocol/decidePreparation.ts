import type { AnnData } from "../anndata/anndata.js";
import { type ChosenMatrix, chooseMatrix } from "../anndata/chooseMatrix.js";
import { type CellBatches, readBatches, readLabels } from "../preprocess/labels.js";
import { PREPARATION } from "../settings/preparation.js";
import { resolve } from "../settings/setting.js";
import type { ModelFolder, PreparedSettings } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { DEFAULT_BINS } from "../tokenize/bin.js";
import { type Genes, genesOf, sharedGenes } from "./genes.js";
import { labelOf, matrixName } from "./matrixName.js";
import type { PreprocessOptions } from "./preprocessOptions.js";

/** What is decided of the cells of a file before they are gone over. */
export interface Decision {
  cells: AnnData;
  settings: PreparedSettings;
  model?: ModelFolder;
  source: ChosenMatrix;
  /** "X", "raw" or the layer's name. */
  matrix: string;
  /** The same with the file's name, for messages. */
  name: string;
  genes: Genes;
  /** Of all cells. */
  batches?: CellBatches;
  notes: string[];
}

/**
 * Checks the options, chooses the matrix by a sample of it, and finds the genes in the vocabulary.
 * @throws on what can't be mended (no such column, no gene in the vocabulary), with the remedy
 */
export async function decidePreparation(cells: AnnData, options: PreprocessOptions): Promise<Decision> {
  const notes: string[] = [];
  const { model } = options;
  const checked = resolve(PREPARATION, options);
  const settings = { ...checked, nBins: checked.nBins ?? model?.args.n_bins ?? DEFAULT_BINS };
  const { cellType, batch } = settings;
  if (cells.nObs === 0 || cells.nVars === 0)
    throw new CellkernelError(
      "nothing",
      `${cells.path} is empty: ${cells.nObs} cells × ${cells.nVars} genes.`,
      { path: cells.path },
    );
  const source = chooseMatrix(cells, matrixName(options.matrix), "counts");
  const matrix = options.matrix ?? labelOf(source);
  notes.push(source.reason);
  // Labels are read again once cells are filtered; a wrong column is to be said before the long work.
  const all = new Uint8Array(cells.nObs).fill(1);
  if (cellType !== undefined) readLabels(cells, cellType, all, [], model?.classes);
  const batches = batch === undefined ? undefined : readBatches(cells, batch, all, []);
  const name = `${matrix} of ${cells.path}`;
  const found = genesOf(cells, source, name, settings, options);
  const genes =
    settings.genesOf === undefined
      ? found
      : await sharedGenes(found, settings.genesOf, cells.path, settings, notes);
  return { cells, settings, model, source, matrix, name, genes, batches, notes };
}
