import type { AnnData } from "../anndata/anndata.js";
import type { Column } from "../anndata/columns.js";
import type { Writable } from "../anndata/write/element.js";
import type { CellOutputs } from "../predict/cells.js";
import type { TokenChunk } from "./replay.js";

/** What cells are given when a run is applied to them. */
export interface Task {
  readonly name: ShardStep;
  /** The column of `obs` that holds the labels, where cells get any. */
  readonly labels?: string;
  /** Arrays for `obsm` beside the embeddings, with their columns. */
  readonly arrays: Readonly<Record<string, number>>;
  /** Takes the outputs of some cells in, those of a file or of a part of it. */
  collect(cells: AnnData): Collector;
  /** What is made of all cells together; absent where each is by itself. */
  together?(cells: AnnData): Together;
  /** What the reader must know. @param tally of all cells */
  notes(tally: Tally): string[];
  /** What the record says of it. */
  record(): Record<string, Writable>;
}

/** What can be done to cells by shards. */
export type ShardStep = "annotate" | "embed" | "map";

/** What is kept of the model's outputs beside the embeddings, cell by cell. */
export interface Collector {
  /** Int32 [cells]: label of each; −1 for those without one. */
  readonly codes: Int32Array;
  /** @returns rows of each array, one a cell of the chunk */
  add(
    chunk: TokenChunk,
    outputs: CellOutputs,
  ): Record<string, Float32Array> | Promise<Record<string, Float32Array>>;
  /** Columns for `obs`, one value a cell; names and types are the same before the first cell. */
  columns(): Map<string, Column>;
  /** What the notes count. */
  tally(): Tally;
}

/** What is made of all cells together. */
export interface Together {
  /**
   * @param first row of the first of these cells, which come in the file's order
   * @param codes label of each
   * @param embeddings Float32 [cells × embsize]
   */
  add(first: number, codes: Int32Array, embeddings: Float32Array): void;
  /** Called when all cells are in. */
  finish(signal?: AbortSignal): Promise<void>;
  /** Further columns for `obs`; their names are the same before the first cell. */
  columns(): Map<string, Column>;
}

/** Counts of cells, and the names of some, that notes are made of. Those of parts of the cells add up to those of all. */
export interface Tally {
  counts: Record<string, number>;
  /** The first three of each kind. */
  examples: Record<string, string[]>;
}

/** Cells of a kind that are named. */
export const EXAMPLES = 3;

/** The tally of all cells, of those of parts in the order of their rows. */
export function sumOfTallies(tallies: readonly Tally[]): Tally {
  const sum: Tally = { counts: {}, examples: {} };
  for (const { counts, examples } of tallies) {
    for (const [name, count] of Object.entries(counts)) sum.counts[name] = (sum.counts[name] ?? 0) + count;
    for (const [name, some] of Object.entries(examples))
      sum.examples[name] = [...(sum.examples[name] ?? []), ...some].slice(0, EXAMPLES);
  }
  return sum;
}
