import type { Weights } from "../checkpoint/weights.js";
import type { MimeBundle } from "../host/host.js";
import type { ModelArgs } from "../model/args.js";
import { type PretrainedParts, writePretrained } from "../store/pretrainedFolder.js";
import type { RunSettings, TrainingCourse } from "../store/runParts.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";
import { trainingView } from "../views/training.js";
import { type Model, openModel } from "./model.js";

/** A pretrained model in its folder, with the record of its training: what `pretrain` returns. */
export class Pretrained {
  /** The architecture. */
  readonly args: ModelArgs;
  /** Genes of the model. */
  readonly vocabulary: Vocabulary;
  /** The weights that were kept, under PyTorch's names. */
  readonly weights: Weights;
  /** Losses of every step and epoch. */
  readonly training: TrainingCourse;
  /** Options of the training, as they were after defaults and checks. */
  readonly settings: RunSettings;
  /** What the reader must know. */
  readonly notes: string[];

  /**
   * @param folder that the parts are written to, or that another process writes them to
   * @ignore
   */
  constructor(
    parts: PretrainedParts,
    readonly folder: string,
  ) {
    this.args = parts.args;
    this.vocabulary = parts.vocabulary;
    this.weights = parts.weights;
    this.training = parts.training;
    this.settings = parts.settings;
    this.notes = parts.notes;
  }

  /** Writes the folder, and gives what it holds. */
  static async write(parts: PretrainedParts, folder: string): Promise<Pretrained> {
    const { "image/png": picture } = await trainingView(parts.training);
    writePretrained(folder, parts, Buffer.from(picture as string, "base64"));
    return new Pretrained(parts, folder);
  }

  /** The model, to prepare cells for and to fine-tune. */
  model(): Promise<Model> {
    return openModel(this.folder);
  }

  /** What a notebook shows: the learning curves. */
  [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    return trainingView(this.training);
  }
}
