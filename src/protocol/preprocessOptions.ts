import type { PreparationOptions } from "../settings/preparation.js";
import type { ModelFolder } from "../store/prepared.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";

/** The options of the preparation. */
export interface PreprocessOptions extends PreparationOptions {
  /** The model to prepare for; gives vocabulary, number of bins and, after a fine-tune, the classes. */
  model?: ModelFolder;
  /** Without a model: the genes, or the path of a `vocab.json`. Without either, the genes of the file. */
  vocabulary?: Vocabulary | string;
  /** Called now and then. */
  onProgress?: (progress: PreprocessProgress) => void;
  /** Ends the work early; nothing is left behind. */
  signal?: AbortSignal;
}

export interface PreprocessProgress {
  /** "counting" (first pass over the file) … "tokens" (the last). */
  stage: string;
  /** Cells of this stage that are done. */
  cellsDone: number;
  /** Cells of the whole stage. */
  cells: number;
  /** Pace of this stage. */
  cellsPerSecond: number;
  /** Estimated until the stage ends. */
  secondsLeft: number;
}
