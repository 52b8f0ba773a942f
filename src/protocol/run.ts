import type { Weights } from "../checkpoint/weights.js";
import type { MimeBundle } from "../host/host.js";
import type { ModelArgs } from "../model/args.js";
import type { Prepared } from "../store/prepared.js";
import { isRun, readRun, writeRun } from "../store/runFolder.js";
import type { Provenance, RunParts, RunSettings, TrainingCourse } from "../store/runParts.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";
import { tableView } from "../views/table.js";
import { trainingView } from "../views/training.js";
import { isPublishedRun, type PublishedRunOptions, publishedRun } from "./publishedRun.js";
import { seriesTable } from "./seriesTable.js";

/**
 * A fine-tuned model with the record of its training: what `finetune` returns and `loadRun` reads back.
 *
 * @example
 * run.training.history.length; // → 1
 * run.genes.length; // → 64
 * await run.save("copy_of_run");
 */
export class Run {
  /** What it is called: of the option `name`, else of the file of its cells. */
  readonly name: string;
  /** The architecture. */
  readonly args: ModelArgs;
  /** Genes of the model. */
  readonly vocabulary: Vocabulary;
  /** Types by code. */
  readonly classes: string[];
  /** Names of the genes that it was trained on, as the vocabulary has them. */
  readonly genes: string[];
  /** The weights that were kept, under PyTorch's names. */
  readonly weights: Weights;
  /** Losses of every step and epoch. */
  readonly training: TrainingCourse;
  /** Options of the training, as they were after defaults and checks. */
  readonly settings: RunSettings;
  /** What the reader must know. */
  readonly notes: string[];
  /** With what, and from which model. */
  readonly made: Provenance;

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
    this.genes = parts.recipe.genes;
    this.weights = parts.weights;
    this.training = parts.training;
    this.settings = parts.settings;
    this.notes = [...parts.notes, ...(parts.trust?.notes ?? [])];
    this.made = parts.made;
  }

  /**
   * Writes the model with its record: `best_model.pt` (which `torch.load` opens), `args.json`, `vocab.json`,
   * `id2type.json`, `cells.safetensors`, `reference.safetensors` (what new cells are compared with, where it was calibrated),
   * `dev_train_args.yml`, `run.json`, `run.log` and `learning_curves.png`. The folder appears whole, in place of a run that was there.
   */
  async save(folder: string): Promise<void> {
    const { "image/png": picture } = await trainingView(this.training);
    writeRun(folder, this.parts, Buffer.from(picture as string, "base64"));
    this.folder = folder;
  }

  /** What a notebook shows: the learning curves; of several trainings, how each did. */
  async [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    const { series } = this.parts;
    return series ? tableView(seriesTable(series)) : trainingView(this.training);
  }
}

/**
 * Opens a run that `run.save` wrote, for instance in a new process: it predicts the same to the bit. A folder that the
 * published code fine-tuned is opened too: it can be applied, evaluated and exported.
 * @param options what a folder of the published code lacks
 * @throws where the folder holds no run, is of another version, not whole, or not as it was written
 * @example
 * const again = await loadRun("run");
 * again.classes.length; // → 10
 */
export async function loadRun(folder: string, options: PublishedRunOptions = {}): Promise<Run> {
  const parts =
    !isRun(folder) && isPublishedRun(folder) ? await publishedRun(folder, options) : await readRun(folder);
  return new Run(parts, undefined, folder);
}
