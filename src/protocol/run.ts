import type { Weights } from "../checkpoint/weights.js";
import type { MimeBundle } from "../host/host.js";
import type { ModelArgs } from "../model/args.js";
import type { TrainingSettings } from "../settings/training.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";
import type { CellSplit } from "../train/split.js";
import { trainingView } from "../views/training.js";
import type { TrainingProgress } from "../views/types.js";
import type { Prepared } from "./prepared.js";
import { readRun, writeRun } from "./runFolder.js";

/** The options that a run was trained with, as they were after defaults and checks. */
export type RunSettings = Omit<TrainingSettings, "split"> & {
  dropout: number;
  maxSeqLen: number;
  split: TrainingSettings["split"] | "given";
};

/** The cells of a run: known by their rows in what was read, never by their names. */
export interface RunCells {
  /** Identifies what was read (`Prepared.source.content`): rows of anything else are other cells. */
  content: string;
  /** Rows of the file. */
  split: CellSplit;
  /** Int32 [training and validation cells × 2]: their keys, by which copies of them are found in other files. */
  learnt: Int32Array;
}

/** Everything that a run is made of. */
export interface RunParts {
  name: string;
  args: ModelArgs;
  vocabulary: Vocabulary;
  /** Classes by code. */
  classes: string[];
  /** Batches by code, where the model uses batch labels. */
  batches?: string[];
  /** The genes that it was trained on. */
  genes: string[];
  /** The weights kept: those of the lowest validation loss; the gene table whole. */
  weights: Weights;
  /** Losses of every step and epoch. */
  training: TrainingProgress;
  settings: RunSettings;
  /** How its cells were prepared. */
  preparation: Prepared["settings"];
  /** The cells that it was made of. */
  cells: RunCells;
  /** What the reader must know of how it was made. */
  notes: string[];
  /** Where it was prepared from. */
  source: string;
}

/** A fine-tuned model with the record of its training: what `finetune` returns and `loadRun` reads back. */
export class Run {
  readonly name: string;
  readonly args: ModelArgs;
  readonly vocabulary: Vocabulary;
  readonly classes: string[];
  readonly genes: string[];
  readonly weights: Weights;
  readonly training: TrainingProgress;
  readonly settings: RunSettings;
  readonly notes: string[];

  /**
   * @param parts what it is made of
   * @param ready the cells that it was trained on; absent after `loadRun`
   * @param folder where it was saved last
   */
  constructor(
    readonly parts: RunParts,
    readonly ready?: Prepared,
    public folder?: string,
  ) {
    this.name = parts.name;
    this.args = parts.args;
    this.vocabulary = parts.vocabulary;
    this.classes = parts.classes;
    this.genes = parts.genes;
    this.weights = parts.weights;
    this.training = parts.training;
    this.settings = parts.settings;
    this.notes = parts.notes;
  }

  /**
   * Writes the model with its record: `best_model.pt` (which `torch.load` opens), `args.json`, `vocab.json`,
   * `id2type.json`, `dev_train_args.yml`, `run.json` and `run.log`. Each file appears whole or not at all,
   * the weights last.
   */
  async save(folder: string): Promise<void> {
    writeRun(folder, this.parts);
    this.folder = folder;
  }

  /** What a notebook shows: the learning curves. */
  [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    return trainingView(this.training);
  }
}

/** Opens a run that `run.save` wrote, for instance in a new process: it predicts the same to the bit. */
export async function loadRun(folder: string): Promise<Run> {
  return new Run(await readRun(folder), undefined, folder);
}
