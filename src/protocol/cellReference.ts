import type { AnnData } from "../anndata/anndata.js";
import type { Writable } from "../anndata/write/element.js";
import type { Neighbours } from "../reference/neighbours.js";
import type { MappingOptions } from "../settings/mapping.js";
import type { EmbedderRecipe } from "./embedder.js";
import type { Run } from "./run.js";

/** Labelled cells that others can be mapped to. */
export interface CellReference {
  readonly cells: number;
  /** Names of the labels by code. */
  readonly classes: readonly string[];
  /** Int32 [cells]: label of each. */
  readonly labels: Int32Array;
  /** Tokens a cell at most. */
  readonly maxSeqLen: number;
  /** Cells of each label. */
  counts(): Int32Array;
  /**
   * The run by which the cells of a file are prepared and embedded.
   * @param known how that was decided before, for a model that was never fine-tuned: then the cells are not looked at
   */
  runFor(cells: AnnData, options: MappingOptions, known?: EmbedderRecipe): Run;
  /** The k nearest of each embedding, Float32 [cells × width], of length 1. */
  nearest(embeddings: Float32Array, k: number, options?: SearchOptions): Promise<Neighbours>;
  /** Mean distance to the k nearest that 95 % of the own cells don't exceed; undefined where it can't be known. */
  usualDistance(k: number, signal?: AbortSignal): Promise<number | undefined>;
  /** What a file says of it that was mapped to it. */
  about(): { [name: string]: Writable };
}

/** How a search is made. */
export interface SearchOptions {
  /** Lists that are looked through, of an index that has such. */
  nprobe?: number;
  /** Ends the search early. */
  signal?: AbortSignal;
}
