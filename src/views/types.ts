import type { TrainingPayload } from "./contract.js";

/**
 * What the views take: plain data, so that every stage can fill them without knowing the views.
 * `ArrayLike<number>` takes arrays and typed arrays alike.
 */

/** One colouring of the cells of an embedding: by category or by a number. */
export type EmbeddingPanel = CategoryPanel | NumberPanel;

/** Cells coloured by the category that each is of. */
export interface CategoryPanel {
  /** Heading of the panel, for instance "Truth". */
  title: string;
  /** Names that `codes` count through. The same name has the same colour in every panel. */
  categories: readonly string[];
  /** [cells] category of each cell; −1 is none, drawn grey. */
  codes: ArrayLike<number>;
  /** [cells], 0 … 1: how sure the assignment is; shown under the pointer. */
  probabilities?: ArrayLike<number>;
}

/** Cells coloured by a number, for instance the expression of a gene. */
export interface NumberPanel {
  title: string;
  /** [cells]; what is not finite is missing, drawn grey. */
  values: ArrayLike<number>;
  /** What the ends of the palette stand for; by default the 1st and 99th percentile of the values that are not 0. */
  range?: readonly [number, number];
}

/** Cells on a plane, coloured once in each panel. */
export interface EmbeddingInput {
  /** Heading of the view. */
  title?: string;
  /** What the axes are; "UMAP 1" and "UMAP 2" by default. */
  axes?: readonly [string, string];
  /** [cells] each. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Side by side and linked, at most three. */
  panels: readonly EmbeddingPanel[];
  /** [cells] names shown under the pointer; left out of the notebook above 10,000 cells to keep it small. */
  cellIds?: ArrayLike<string>;
  /** Colourings besides, to be chosen in JupyterLab. */
  more?: readonly EmbeddingPanel[];
  /** Values that JupyterLab shows of the cell under the pointer. */
  tooltip?: readonly EmbeddingPanel[];
  /**
   * The table of cells that these are of: what is selected in one view of a table is selected in all. `rows` has [cells] the
   * row of each; without, cell i is row i.
   */
  table?: { id: string; rows?: ArrayLike<number> };
}

/** A training run so far, as the learning curves show it. */
export interface TrainingProgress extends Omit<TrainingPayload, "losses"> {
  /** [step] training loss of each step so far. */
  losses: ArrayLike<number>;
}

/** Counts of true against predicted classes. */
export interface ConfusionInput {
  /** Names of the classes, by index. */
  classes: readonly string[];
  /** [true][predicted]: number of cells. */
  confusion: readonly (readonly number[])[];
  /** The cells that were counted, to be selected in JupyterLab. */
  assigned?: AssignedCells;
}

/** Cells with what they are and what they were taken for; [cells] each. */
export interface AssignedCells {
  /** The table that they are rows of: what is selected in one view of a table is selected in all. */
  table: string;
  rows: ArrayLike<number>;
  /** Index into the classes. */
  truth: ArrayLike<number>;
  predicted: ArrayLike<number>;
  /** Of the predicted class, 0 … 1. */
  probabilities: ArrayLike<number>;
}

/** The figures of one class. */
export interface ClassScores {
  /** Share of the cells predicted as the class that truly are of it. */
  precision: number;
  /** Share of the cells of the class that were predicted as it. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
  /** Number of cells that are truly of the class. */
  support: number;
}

/** The figures of an evaluation. */
export interface ReportInput {
  /** Heading of the view. */
  title?: string;
  /** Number of cells. */
  cells: number;
  /** Share of right labels. */
  accuracy: number;
  /** Cohen's κ. */
  kappa: number;
  /** Plain means over the classes. */
  macro: Omit<ClassScores, "support">;
  /** Means over the classes, weighted by their cells. */
  weighted: Omit<ClassScores, "support">;
  /** Names of the classes. */
  classes: readonly string[];
  /** [class] in the order of `classes`. */
  perClass: readonly ClassScores[];
  /** What the reader must know of the figures. */
  notes?: readonly string[];
  /** [true][predicted]: number of cells; with it JupyterLab shows more than tables. */
  confusion?: readonly (readonly number[])[];
  /** How often labels of a probability are right, in intervals of the probability. */
  reliability?: {
    /** Expected calibration error. */
    error: number;
    bins: readonly { from: number; to: number; cells: number; confidence: number; accuracy: number }[];
  };
  /** What other methods come to on the same cells: a method a row, its name first. */
  secondOpinion?: TableInput;
  /** The cells that were evaluated, to be selected in JupyterLab. */
  assigned?: AssignedCells;
}

/** One distribution, for instance genes per cell. */
export interface HistogramInput {
  /** What is counted, with its unit: "genes per cell". */
  label: string;
  /** Of what each value is: "cells" when absent. */
  of?: string;
  /** The values, in any order. */
  values: ArrayLike<number>;
  /** Values outside were filtered out: drawn as dashed lines. */
  limits?: { min?: number; max?: number };
  /** Logarithmic axis, for values that span orders of magnitude. */
  log?: boolean;
}

/** Distributions of cells by group. */
export interface ViolinInput {
  /** Heading of the view. */
  title?: string;
  /** A panel each: what is measured, with its unit, and [cells] its values; missing ones are left out. */
  distributions: readonly { label: string; values: ArrayLike<number> }[];
  /** Groups by code, and [cells] the code of each (−1: in none); all cells are one group without. */
  groups?: readonly string[];
  codes?: ArrayLike<number>;
}

/** How variable each gene is at its mean. */
export interface HvgInput {
  /** Names of the genes. */
  genes: readonly string[];
  /** [genes] mean expression, and what was ranked. */
  means: ArrayLike<number>;
  dispersions: ArrayLike<number>;
  /** [genes] truthy where the gene was chosen. */
  chosen: ArrayLike<number | boolean>;
  /** Name of the vertical axis: "normalised dispersion", "standardised variance". */
  measure: string;
  /** Name of the horizontal axis; "mean expression" by default. */
  mean?: string;
}

/** How genes are expressed in groups of cells. */
export interface DotPlotInput {
  /** Heading of the view. */
  title?: string;
  /** Names of the genes. */
  genes: readonly string[];
  /** Groups of cells, for instance types. */
  groups: readonly string[];
  /** [group][gene]: share of the group's cells that express it, 0 … 1. */
  shares: readonly (readonly number[])[];
  /** [group][gene]: mean expression of the group's cells, logged. */
  means: readonly (readonly number[])[];
  /** Dots that are ringed, and what the rings say. */
  marked?: { what: string; dots: readonly (readonly boolean[])[] };
}

/** Cells of a file that belong together, by their label or cluster. */
export interface TransferGroup {
  name: string;
  cells: number;
  /** Of all labelled cells, 0 … 1; and of the reference's, where these are known. */
  share: number;
  reference?: number;
  /** 5, 25, 50, 75 and 95 % of the labels' probabilities; undefined where no cell has a label. */
  quantiles?: readonly [number, number, number, number, number];
  /** Shares of the group's cells, where the file says. */
  unassigned?: number;
  unlike?: number;
  /** The simple methods that were asked both say the same other label. */
  disputed?: number;
  /** Of a cluster: the label that most of its cells have, and the share of those. */
  most?: { label: string; share: number };
}

/** What became of the labels of a file. */
export interface TransferInput {
  title: string;
  subtitle: string;
  /** The first figures to be seen. */
  figures: readonly { name: string; value: string; more?: string }[];
  /** What the reader must know; those that begin with WARNING stand above all. */
  notes: readonly string[];
  labels: readonly TransferGroup[];
  clusters?: { column: string; groups: readonly TransferGroup[] };
  /** Least probability of an assigned label. */
  threshold?: number;
  genes: { found: number; of: number; missing: readonly string[] };
  dots?: { plot: DotPlotInput; help: string };
  /** What it was made by, name and value. */
  made: readonly (readonly [string, string])[];
}

/** A table of plain values; numbers are right-aligned. */
export interface TableInput {
  /** Heading of the table. */
  title?: string;
  /** Names of the columns. */
  columns: readonly string[];
  /** [rows][columns] values; null is an empty field. */
  rows: readonly (readonly (string | number | boolean | null)[])[];
  /** [columns] decimals of each column's numbers; null for four significant digits at most, which is the default. */
  decimals?: readonly (number | null)[];
  /** Rows of the whole, when `rows` is its beginning. */
  total?: number;
}
