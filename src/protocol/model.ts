import { resolve as resolvePath } from "node:path";
import { type Coverage, coverageOf, describeCoverage, requireParts } from "../checkpoint/coverage.js";
import { findModel } from "../checkpoint/findModel.js";
import { type CheckpointFolder, openFolder, readShapes, readWeights } from "../checkpoint/folder.js";
import { GENE_TABLE } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { parameterShapes } from "../model/parameters.js";
import { MODEL, type ModelOptions } from "../settings/model.js";
import { resolve } from "../settings/setting.js";
import type { ModelFolder } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { SPECIAL_TOKENS, Vocabulary } from "../tokenize/vocabulary.js";

/** What may be said of a model where its folder does not. */
export interface OpenModelOptions extends Omit<ModelOptions, "vocabulary"> {
  /** The genes, or the path of a `vocab.json`. */
  vocabulary?: Vocabulary | string;
}

/**
 * A model to fine-tune: its folder's contents, the weights read when they are needed.
 *
 * @example
 * model.args.nlayers; // → 1
 * model.vocabulary.has("CD3D"); // → true
 */
export class Model implements ModelFolder {
  /** The folder's path. */
  readonly folder: string;
  /** The architecture. */
  readonly args: ModelArgs;
  /** Path of the weights; absent for a model that starts at random. */
  readonly weightsPath?: string;
  /** Classes by code, where the model was fine-tuned before. */
  readonly classes?: string[];
  /** Where things were found that do not stand in the folder. */
  readonly notes: string[];

  /**
   * @param given how it was opened
   * @param coverage what of the architecture the weights hold; absent for a model that starts at random
   */
  constructor(
    found: CheckpointFolder,
    readonly vocabulary: Vocabulary,
    readonly given: Omit<ModelOptions, "vocabulary">,
    readonly coverage?: Coverage,
  ) {
    this.folder = found.folder;
    this.args = found.args;
    this.weightsPath = found.weightsPath;
    this.classes = found.classes;
    this.notes = found.notes;
  }

  /** The checkpoint under the plain model's keys; undefined for a model that starts at random. */
  readWeights(): Weights | undefined {
    return this.weightsPath === undefined ? undefined : readWeights(this.weightsPath);
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.mime")](): Record<string, string> {
    return { "text/plain": this.describe() };
  }

  /** The model in a few lines: what it is, and what of it the weights hold. */
  describe(): string {
    const { args } = this;
    const lines = [
      `scGPT in ${this.folder}: ${args.nlayers} ${args.nlayers === 1 ? "layer" : "layers"}, width ${args.embsize}, ${args.nheads} heads, ` +
        `${this.vocabulary.size} tokens in the vocabulary`,
      this.weightsPath ? `weights from ${this.weightsPath}` : "no weights: starts at random, not pretrained",
    ];
    if (this.coverage) lines.push(...describeCoverage(this.coverage));
    if (this.classes) lines.push(`fine-tuned on ${this.classes.length} classes: ${this.classes.join(", ")}`);
    return [...lines, ...this.notes].join("\n");
  }
}

/**
 * Opens a model by the path of its folder, or by its name in one of the folders of `CELLKERNEL_MODELS`. The folder holds
 * `args.json` (the architecture; of a model that the published code fine-tuned, `dev_train_args.yml`), `vocab.json`, and,
 * unless it is to start at random, `best_model.pt` or `model.safetensors`; `id2type.json` of a fine-tuned model gives its
 * classes. What it lacks can be given.
 *
 * @throws where something is missing (says which option gives it), where the weights are not those of the architecture,
 *   or lack a part that fine-tuning needs (but for the parts that `allowPartial` names)
 * @example
 * const model = await openModel("small", { vocabulary: "run/vocab.json" });
 * model.args.embsize; // → 64
 */
export async function openModel(nameOrFolder: string, options: OpenModelOptions = {}): Promise<Model> {
  const { vocabulary: given, ...plain } = options;
  const { allowPartial, ...elsewhere } = resolve(MODEL, plain);
  const found = openFolder(findModel(nameOrFolder), {
    ...elsewhere,
    vocabulary: typeof given === "string" ? given : undefined,
  });
  const { folder, vocabularyPath } = found;
  if (given === undefined && !vocabularyPath)
    throw new CellkernelError(
      "path",
      `${folder} holds no vocab.json, which maps gene names to rows of the model's gene table: give that of the model ` +
        "which it was fine-tuned from by the option vocabulary (--vocab FILE)",
      { path: folder, option: "vocabulary" },
    );
  const vocabulary = given instanceof Vocabulary ? given : Vocabulary.fromFile(vocabularyPath!);
  const absolute = (path: string | undefined) => path && resolvePath(path);
  const said = {
    allowPartial,
    args: absolute(elsewhere.args),
    classes: absolute(elsewhere.classes),
    weights: elsewhere.weights && absolute(found.weightsPath),
  };
  return new Model(found, vocabulary, said, checkWeights(found, vocabulary, allowPartial ?? []));
}

/** Compares the weights' shapes with the architecture, the vocabulary and the classes. */
function checkWeights(
  { args, classes, weightsPath, notes }: CheckpointFolder,
  vocabulary: Vocabulary,
  allowPartial: string[],
): Coverage | undefined {
  if (weightsPath === undefined) return undefined;
  const held = readShapes(weightsPath);
  const rows = (key: string) => held.get(key)?.shape[0];
  const genes = rows(GENE_TABLE) ?? vocabulary.size;
  const decoded = rows("cls_decoder.out_layer.weight");
  const size = { genes, classes: decoded ?? 0, batches: rows("batch_encoder.embedding.weight") ?? 1 };
  const coverage = coverageOf(parameterShapes(args, size), held);
  requireParts(coverage, allowPartial, weightsPath);
  if (classes && decoded !== undefined && decoded !== classes.length)
    throw new CellkernelError(
      "format",
      `${weightsPath} tells ${decoded} classes apart, but id2type.json names ${classes.length}: give the one of this model by the option classes (--id2type FILE)`,
      { path: weightsPath, option: "classes" },
    );
  // Special tokens are appended where a vocabulary lacks them, and need no rows of the checkpoint's.
  if (genes > vocabulary.size || genes < vocabulary.size - SPECIAL_TOKENS.length)
    notes.push(
      `the vocabulary ${vocabulary.source} has ${vocabulary.size} tokens and the gene table ${genes} rows: is it that of this model?`,
    );
  return coverage;
}
