import { createHash } from "node:crypto";
import { resolve as absolute, basename } from "node:path";
import type { AnnData } from "../anndata/anndata.js";
import { chooseMatrix } from "../anndata/chooseMatrix.js";
import type { IndexingOptions } from "../settings/mapping.js";
import { PREPARATION } from "../settings/preparation.js";
import { resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import type { Embedder } from "../store/indexFolder.js";
import type { PreparedSettings } from "../store/prepared.js";
import { isRun } from "../store/runFolder.js";
import { CellkernelError } from "../support/error.js";
import { DEFAULT_BINS } from "../tokenize/bin.js";
import type { Recipe } from "../tokenize/recipe.js";
import { startWeights } from "../train/startWeights.js";
import { geneRows } from "./geneRows.js";
import { genesOf } from "./genes.js";
import { labelOf, matrixName } from "./matrixName.js";
import { Model, openModel } from "./model.js";
import { isPublishedRun, type PublishedRunOptions } from "./publishedRun.js";
import { loadRun, Run } from "./run.js";
import { provenance } from "./versions.js";

/** The parts of a model that an embedding depends on. */
const EMBEDS = /^(encoder|value_encoder|batch_encoder|dsbn|bn|transformer_encoder)\./;

/** A class decoder, which no embedding depends on, for models that have none. */
const NO_CLASSES = ["none", "none as well"];

/**
 * Opens what a folder holds: a run, or a model as it was pretrained.
 * @param options what the folder lacks
 */
export function openEmbedder(folder: string, options: PublishedRunOptions = {}): Promise<Run | Model> {
  const { genes, ...ofModel } = options;
  return isRun(folder) || isPublishedRun(folder) ? loadRun(folder, options) : openModel(folder, ofModel);
}

/** How cells are prepared for a model that was never fine-tuned. */
export interface EmbedderRecipe {
  /** What was decided by the cells. */
  recipe: Recipe;
  /** The options. */
  preparation: PreparedSettings;
}

/** How cells are prepared for a pretrained model: with all genes of a file that it knows. */
export function recipeFor(model: Model, cells: AnnData, options: IndexingOptions): EmbedderRecipe {
  const { matrix, values, geneColumn, species, batch } = options;
  const settings = resolve(PREPARATION, { matrix, values, geneColumn, species, batch, nHvg: 0 });
  const source = chooseMatrix(cells, matrixName(matrix), "counts");
  const name = labelOf(source);
  const found = genesOf(cells, source, `${name} of ${cells.path}`, settings, { model });
  const { kind } = source.contents;
  const genes = [...new Set(found.names.filter((_, gene) => found.ids[gene] >= 0))];
  return {
    recipe: {
      ...{ genes, totalGenes: genes, column: found.column, matrix: name, looked: kind },
      ...(found.idColumn === undefined ? {} : { idColumn: found.idColumn }),
      logged: values === undefined ? kind === "logged" : values === "logged",
    },
    preparation: { ...settings, nBins: model.args.n_bins ?? DEFAULT_BINS },
  };
}

/**
 * A pretrained model as a run that was not fine-tuned: its cells can be embedded, not labelled. `<cls>` has the value of
 * padding, as the published embedding gives it.
 */
export function untrainedRun(model: Model, { recipe, preparation }: EmbedderRecipe): Run {
  if (model.weightsPath === undefined)
    throw new CellkernelError(
      "path",
      `${model.folder} holds no weights: what a model at random says of cells means nothing; fine-tune it, or name a pretrained one`,
      { path: model.folder },
    );
  const { args, vocabulary } = model;
  const settings = resolve(TRAINING, {});
  return new Run({
    ...{ name: basename(model.folder), args, vocabulary, classes: NO_CLASSES },
    weights: startWeights(model, { classes: NO_CLASSES.length }, 0).weights,
    clsValue: args.pad_value,
    training: {
      ...{ run: model.folder, state: "finished", step: 0, steps: 0, epoch: 0, epochs: 0, seconds: 0 },
      ...{ secondsLeft: null, losses: [], history: [], bestEpoch: null },
    },
    settings: { ...settings, dropout: args.dropout, maxSeqLen: recipe.genes.length + 1 },
    ...{ preparation, recipe, made: provenance(model) },
    cells: {
      content: "",
      split: { train: new Int32Array(0), validation: new Int32Array(0), test: new Int32Array(0) },
      learnt: new Int32Array(0),
    },
    notes: model.notes,
    source: model.folder,
  });
}

/** What an index says of what made its embeddings. */
export function describeEmbedder(given: Run | Model, run: Run): Embedder {
  const folder = given instanceof Model ? given.folder : (given.folder ?? "");
  return {
    kind: given instanceof Model ? "model" : "run",
    folder: folder && absolute(folder),
    sha256: identityOf(run),
    ...(given instanceof Model && {
      model: {
        given: { ...given.given, vocabulary: given.vocabulary.source },
        recipe: run.parts.recipe,
        preparation: run.parts.preparation,
      },
    }),
  };
}

/**
 * The run by which cells are embedded as those of an index were.
 * @throws where it is another than that of the index
 */
export function embedderOf({ kind, sha256, model }: Embedder, given: Run | Model, where: string): Run {
  const fits = kind === "model" ? given instanceof Model : given instanceof Run;
  const run = given instanceof Run ? given : model && untrainedRun(given, model);
  if (fits && run && identityOf(run) === sha256) return run;
  throw new CellkernelError(
    "other-preparation",
    `${where} was made with another ${kind === "model" ? "pretrained model" : "run"} than ${given.folder}: embeddings of two models can't be compared. ` +
      "Give the one that it was made with by the option model (--model DIR), or make an index with this one",
    { path: where, option: "model" },
  );
}

/** Identifies the weights that embed, the architecture and the genes, by their content. */
function identityOf({ weights, args, parts, vocabulary }: Run): string {
  const { genes } = parts.recipe;
  const rows = Array.from(geneRows(vocabulary, genes));
  const hash = createHash("sha256").update(JSON.stringify([args, genes, rows, parts.clsValue ?? 0]));
  for (const name of [...weights.keys()].filter((name) => EMBEDS.test(name)).sort()) {
    const { data } = weights.get(name)!;
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
