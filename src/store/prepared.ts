import type { ModelArgs } from "../model/args.js";
import type { CellBatches, CellColumn, Labels } from "../preprocess/labels.js";
import type { CellQuality } from "../preprocess/quality.js";
import type { HvgFlavor } from "../preprocess/ranking.js";
import type { ModelOptions } from "../settings/model.js";
import type { PreparationSettings } from "../settings/preparation.js";
import type { Recipe } from "../tokenize/recipe.js";
import type { TokenStore } from "../tokenize/tokens.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";

/** A model folder as far as the preparation of cells needs it. */
export interface ModelFolder {
  /** The folder's path. */
  folder: string;
  /** The architecture. */
  args: ModelArgs;
  /** Its genes. */
  vocabulary: Vocabulary;
  /** Classes by code, where the folder came from a fine-tune (its `id2type.json`): codes then agree. */
  classes?: string[];
  /** What was said of it beside its folder, without the vocabulary. */
  given?: Omit<ModelOptions, "vocabulary">;
}

/** What was found about each gene of the file, in the file's order. */
export interface GeneStatistics {
  /** [genes of the file] names. */
  names: string[];
  /** Cells that express the gene. */
  nCellsByCounts: Float64Array;
  /** Float64 [genes]: counts in all cells. */
  totalCounts: Float64Array;
  /** 1 where the gene is in the vocabulary and passed the filter. */
  kept: Uint8Array;
  /** 1 for the genes that became columns of the tokens. */
  highlyVariable: Uint8Array;
  /** Order among the chosen, from 0; −1 for the others. */
  rank: Int32Array;
  /** Absent when all genes were kept (`nHvg: 0`). NaN for genes that were not kept. */
  variability?: {
    flavor: HvgFlavor;
    means: Float64Array;
    /** `variances` of seurat_v3, `dispersions` of the others. */
    spread: Float64Array;
    /** `variances_norm` of seurat_v3, `dispersions_norm` of the others. */
    spreadNorm: Float64Array;
  };
}

/** How the file's genes meet the vocabulary. */
export interface VocabularyMatch {
  /** Genes of the file in the vocabulary. */
  matched: number;
  /** Genes of the file. */
  of: number;
  /** Share of all counts that the matched genes carry. */
  countsShare: number;
  /** Unmatched genes with the most counts. */
  largestLost: { gene: string; counts: number }[];
  /** Where the names were found: "var index" or a column of `var`. */
  column: string;
}

/** The options of a preparation, after defaults and checks. */
export type PreparedSettings = PreparationSettings & { nBins: number };

/** Cells made ready for the model: what `preprocess` returns and `finetune`, `evaluate` take. */
export interface Prepared {
  /** Columns are the chosen genes, in the file's order; rows the kept cells. */
  tokens: TokenStore;
  /** Genes by whose ids the tokens are named. */
  vocabulary: Vocabulary;
  /** How many of the genes the vocabulary knows. */
  match: VocabularyMatch;
  /** The model that they were prepared for. */
  model?: ModelFolder;
  /** [kept cells] */
  cellNames: string[];
  /** Int32 [kept cells]: row of each in the file. */
  rows: Int32Array;
  /** Int32 [kept cells × 2]: what each cell's genes and values come to, see `cellKey`. */
  keys: Int32Array;
  /** Types of the cells, where a column was named. */
  labels?: Labels;
  /** Batches of the cells, where a column was named. */
  batches?: CellBatches;
  /** The columns of `obs` that have few values, labels and batches among them: cells can be split by them. */
  obs: CellColumn[];
  /** What they were read from. */
  source: {
    path: string;
    /** Identifies what was read: the cells' rows, genes and values, whatever the file or the cells are called. */
    content: string;
    /** "X", "raw" or the layer's name. */
    matrix: string;
    /** Why that matrix was taken. */
    why: string;
  };
  /** Quality figures of the cells of the file, before any was left out. */
  quality: CellQuality;
  /** What is known of each gene of the file. */
  genes: GeneStatistics;
  /** What the user must see: every choice that was made for them, every loss. */
  notes: string[];
  /** The options, as they were after defaults and checks. */
  settings: PreparedSettings;
  /** What was decided; new cells are prepared by it. */
  recipe: Recipe;
  /** Tokens of the longest cell, `<cls>` included: the `max_seq_len` that cuts nothing. */
  maxLength: number;
}
