import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { TrainingSettings } from "../settings/training.js";
import type { Recipe } from "../tokenize/recipe.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";
import type { PreparedSettings } from "./prepared.js";
import type { RunReference } from "./reference.js";

/** The options that a run was trained with, as they were after defaults and checks. */
export type RunSettings = Omit<TrainingSettings, "split"> & {
  dropout: number;
  maxSeqLen: number;
  split: TrainingSettings["split"] | "given";
};

/** Which cells were learnt from, chose the weights, and neither. Int32 each: rows of the file, ascending. */
export interface RowSplit {
  /** Learnt from. */
  train: Int32Array;
  /** They chose the weights. */
  validation: Int32Array;
  /** Neither. */
  test: Int32Array;
}

/** The cells of a run: known by their rows in what was read, never by their names. */
export interface RunCells {
  /** Identifies what was read (`Prepared.source.content`): rows of anything else are other cells. */
  content: string;
  /** Which cells did what. */
  split: RowSplit;
  /** Of an ensemble: the split of each member. `split` has as test cells those that any has. */
  members?: RowSplit[];
  /** Int32 [training and validation cells × 2]: their keys, by which copies of them are found in other files. */
  learnt: Int32Array;
}

/** What a run was made with and from, for whoever repeats it. */
export interface Provenance {
  /** Version of this library. */
  cellkernel: string;
  /** Version of Node. */
  node: string;
  /** Version of onnxruntime. */
  onnxruntime: string;
  /** System and architecture, "linux x64". */
  platform: string;
  /** The model that it was started from; the hash of its weights, none where it started at random. */
  model: { folder: string; sha256: string | null };
}

/** The course of a training, as it is kept. */
export interface TrainingCourse {
  /** Identifies the training. */
  run: string;
  /** How it goes, or ended. */
  state: "running" | "paused" | "stopping" | "finished" | "stopped" | "failed";
  /** Optimizer steps done. */
  step: number;
  /** Optimizer steps of the whole. */
  steps: number;
  /** The epoch that is under way, 1 for the first. */
  epoch: number;
  /** Epochs of the whole. */
  epochs: number;
  /** Since its start. */
  seconds: number;
  /** By the pace so far; null while unknown. */
  secondsLeft: number | null;
  /** [step] training loss of each step. */
  losses: ArrayLike<number>;
  /** What was measured after each epoch. */
  history: readonly {
    epoch: number;
    step: number;
    trainLoss: number;
    validationLoss: number;
    /** Null where labels were not learnt. */
    validationError: number | null;
  }[];
  /** Epoch of the lowest validation loss, whose weights are kept; null before there is one. */
  bestEpoch: number | null;
  /** A line for the reader, for instance why it stopped. */
  message?: string;
}

/** How far a run's probabilities can be believed: worked out when its training ends. */
export interface RunTrust {
  /** Logits are divided by it: chosen on validation cells. */
  temperature: number;
  /** The least probability of a label that is given, chosen on validation cells; null where there were none. */
  threshold: {
    probability: number;
    /** Share of right labels among those given: wanted, and on those cells. */
    wanted: number;
    precision: number;
    /** Share of those cells that get a label. */
    assigned: number;
  } | null;
  /** The classes of a cell's prediction set, chosen on test cells; null where there were too few. */
  sets: {
    coverage: number;
    /** [classes] a class is in the set of a cell that gives it at least this probability. */
    least: number[];
  } | null;
  /** What the reader must know of them. */
  notes: string[];
}

/** How well labels agree with the truth, on cells that were not learnt from. */
export interface HeldOutFigures {
  /** Number of cells. */
  cells: number;
  /** Share of right labels. */
  accuracy: number;
  /** Mean F1 of the classes, weighted by their cells. */
  weightedF1: number;
  /** Plain mean F1 of the classes. */
  macroF1: number;
  /** Cohen's κ. */
  kappa: number;
}

/** Several trainings of the same cells, and how each did. */
export interface Series {
  /** Identifies it. */
  id: string;
  /** Whose figures these are: "test", or "validation" where the split has no test cells. */
  subset: "test" | "validation";
  /** The trainings, in the order in which they were done. */
  parts: SeriesPart[];
  /** Of all these cells together, each labelled by the trainings that did not see it. */
  together: HeldOutFigures;
}

/** One training of a series. */
export interface SeriesPart {
  /** "fold 2, seed 0" */
  name: string;
  /** Counted from 1; null where there are no folds. */
  fold: number | null;
  /** Its seed. */
  seed: number;
  /** Epoch whose weights were kept. */
  bestEpoch: number | null;
  /** On the cells that it did not see. */
  figures: HeldOutFigures;
}

/** Everything that a run is made of. */
export interface RunParts {
  /** What it is called. */
  name: string;
  /** The architecture. */
  args: ModelArgs;
  /** Genes of the model. */
  vocabulary: Vocabulary;
  /** Classes by code. */
  classes: string[];
  /** Batches by code, where the model uses batch labels. */
  batches?: string[];
  /** The weights kept: those of the lowest validation loss; the gene table whole. */
  weights: Weights;
  /** Value of `<cls>`: that of padding for a model that was not fine-tuned; 0 when absent. */
  clsValue?: number;
  /** Of an ensemble: the weights of its other members. */
  members?: Weights[];
  /** The trainings that it is the ensemble of, where they were done as one. */
  series?: Series;
  /** Losses of every step and epoch; of an ensemble, of its first member. */
  training: TrainingCourse;
  /** Options of the training. */
  settings: RunSettings;
  /** How its cells were prepared: the options, and what was decided, by which new cells are prepared. */
  preparation: PreparedSettings;
  /** What was decided when its cells were prepared. */
  recipe: Recipe;
  /** The cells that it was made of. */
  cells: RunCells;
  /** With what, and from which model. */
  made: Provenance;
  /** Absent in an ensemble, and in what was not trained to its end here. */
  trust?: RunTrust;
  /** Absent where `trust` is. */
  reference?: RunReference;
  /** What the reader must know of how it was made. */
  notes: string[];
  /** Where it was prepared from. */
  source: string;
}
