import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { readCells } from "../anndata/formats/readCells.js";
import { describeCoverage, requireParts, TO_PREDICT, takeWeights } from "../checkpoint/coverage.js";
import { findNear, PUBLISHED } from "../checkpoint/folder.js";
import { GENE_TABLE } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";
import { parameterShapes, usesBatchLabels } from "../model/parameters.js";
import { PREPARATION } from "../settings/preparation.js";
import { resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import type { RunParts } from "../store/runParts.js";
import { CellkernelError } from "../support/error.js";
import { DEFAULT_BINS } from "../tokenize/bin.js";
import { type Model, type OpenModelOptions, openModel } from "./model.js";
import { readTrainArgs } from "./trainArgs.js";
import { provenance } from "./versions.js";

/** How a run is opened that the published code fine-tuned. */
export interface PublishedRunOptions extends Omit<OpenModelOptions, "allowPartial"> {
  /** A file with the genes that it was fine-tuned on, such as the `input_data.h5ad` of the published preprocessing. */
  genes?: string;
}

/** Whether the published code fine-tuned the model of a folder. */
export function isPublishedRun(folder: string): boolean {
  return existsSync(join(folder, PUBLISHED));
}

/**
 * What a run is made of, from a folder that the published code fine-tuned: the model, its classes and options. Which cells
 * it learnt from, the folder does not say; the genes are those of its `input_data.h5ad`.
 * @throws where something is missing (says which option gives it), or the weights lack a part that labels need
 */
export async function publishedRun(folder: string, options: PublishedRunOptions): Promise<RunParts> {
  const { genes: genesFile, ...rest } = options;
  const model = await openModel(folder, rest);
  const { args, vocabulary, classes } = model;
  if (!classes)
    throw new CellkernelError(
      "path",
      `${folder} holds no id2type.json, and what its ${PUBLISHED} names is not there: give it by the option classes (--id2type FILE)`,
      { path: folder, option: "classes" },
    );
  if (usesBatchLabels(args))
    throw new CellkernelError(
      "format",
      `${folder} uses batch labels, whose names the published code does not keep: it can be fine-tuned, not applied`,
      { path: folder },
    );
  const { preparation, training, inputData } = readTrainArgs(join(model.folder, PUBLISHED));
  const file = genesFile ?? (inputData === undefined ? undefined : findNear(model.folder, inputData));
  if (file === undefined)
    throw new CellkernelError(
      "path",
      `${folder} does not say on which genes it was fine-tuned: give the input_data.h5ad of its preprocessing, or another file ` +
        "of these genes, by the option genes (--genes FILE)",
      { path: folder, option: "genes" },
    );
  const genes = await genesOf(file, model);
  const settings = resolve(TRAINING, training);
  return {
    name: settings.name ?? basename(model.folder),
    ...{ args, vocabulary, classes, weights: weightsOf(model, classes.length) },
    training: {
      ...{ run: model.folder, state: "finished", step: 0, steps: 0, epoch: 0, epochs: 0, seconds: 0 },
      ...{ secondsLeft: null, losses: [], history: [], bestEpoch: null },
    },
    settings: {
      ...settings,
      dropout: settings.dropout ?? args.dropout,
      maxSeqLen: settings.maxSeqLen ?? genes.length + 1,
    },
    // The published collator bins by 51 whatever the file says.
    preparation: { ...resolve(PREPARATION, preparation), nBins: DEFAULT_BINS },
    made: provenance(model),
    recipe: { genes, totalGenes: genes, column: "var index", matrix: "X", looked: "counts", logged: false },
    cells: { content: "", split: noCells(), learnt: new Int32Array(0) },
    notes: [
      ...describeModel(model),
      `fine-tuned by the published code on the ${genes.length} genes of ${file}`,
    ],
    source: file,
  };
}

const noCells = () => ({
  ...{ train: new Int32Array(0), validation: new Int32Array(0), test: new Int32Array(0) },
});

function describeModel({ coverage, notes }: Model): string[] {
  return [...(coverage ? describeCoverage(coverage) : []), ...notes];
}

async function genesOf(path: string, { vocabulary }: Model): Promise<string[]> {
  const cells = await readCells(path);
  const genes = cells.varNames.filter((gene) => vocabulary.has(gene));
  cells.close();
  if (genes.length > 0) return genes;
  throw new CellkernelError("few-genes", `${path} has no gene of the vocabulary ${vocabulary.source}`, {
    path,
  });
}

function weightsOf(model: Model, classes: number): Weights {
  const held = model.readWeights();
  if (!held)
    throw new CellkernelError("path", `${model.folder} holds no weights (best_model.pt)`, {
      path: model.folder,
    });
  const genes = held.get(GENE_TABLE)?.shape[0] ?? 0;
  const { weights, coverage } = takeWeights(parameterShapes(model.args, { genes, classes }), held);
  requireParts(coverage, [], model.weightsPath!, TO_PREDICT);
  return weights;
}
