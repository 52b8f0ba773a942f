import { openFolder, readWeights } from "../checkpoint/folder.js";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { ModelFolder } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { Vocabulary } from "../tokenize/vocabulary.js";

/** A model to fine-tune: its folder's contents, the weights read when they are needed. */
export class Model implements ModelFolder {
  constructor(
    readonly folder: string,
    readonly args: ModelArgs,
    readonly vocabulary: Vocabulary,
    /** Path of the weights; absent for a model that starts at random. */
    readonly weightsPath?: string,
    /** Classes by code, where the model was fine-tuned before. */
    readonly classes?: string[],
  ) {}

  /** The checkpoint under the plain model's keys; undefined for a model that starts at random. */
  readWeights(): Weights | undefined {
    return this.weightsPath === undefined ? undefined : readWeights(this.weightsPath);
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.mime")](): Record<string, string> {
    return { "text/plain": this.describe() };
  }

  /** The model in a line or two. */
  describe(): string {
    const { args } = this;
    const lines = [
      `scGPT in ${this.folder}: ${args.nlayers} ${args.nlayers === 1 ? "layer" : "layers"}, width ${args.embsize}, ${args.nheads} heads, ` +
        `${this.vocabulary.size} tokens in the vocabulary`,
      this.weightsPath ? `weights from ${this.weightsPath}` : "no weights: starts at random, not pretrained",
    ];
    if (this.classes) lines.push(`fine-tuned on ${this.classes.length} classes: ${this.classes.join(", ")}`);
    return lines.join("\n");
  }
}

/**
 * Opens a model folder: `args.json` (the architecture), `vocab.json`, and, unless it is to start at random,
 * `best_model.pt` or `model.safetensors`; `id2type.json` of a fine-tuned model gives its classes.
 */
export async function openModel(folder: string): Promise<Model> {
  const { args, vocabularyPath, weightsPath, classes } = openFolder(folder);
  if (!vocabularyPath)
    throw new CellkernelError(
      "path",
      `${folder} holds no vocab.json, which maps gene names to rows of the model's gene table`,
      { path: folder },
    );
  return new Model(folder, args, Vocabulary.fromFile(vocabularyPath), weightsPath, classes);
}
