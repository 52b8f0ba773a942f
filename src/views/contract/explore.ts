import type { PanelData } from "./embedding.js";

/**
 * What a page asks of an embedding's view in the kernel, beside `view`, `command` and `ask`, a number of the page's own.
 * Rows are those of the view's table. Each but `watch` and `select` is answered once, by an answer of the same `command`
 * and `ask`, or by a {@link Refusal}.
 */
export interface ExploreRequests {
  /** From now on the page hears of `select` and `color`; begins with what is selected, be it nothing. */
  watch: object;
  /** What cells can be coloured by: names of `obs` columns and of genes that hold `search`. */
  columns: { search: string };
  /** A colouring by an `obs` column or a gene. */
  color: { by: string };
  /** Names of cells and their values, for a tooltip or a card; of the first hundred rows. */
  cells: { rows: number[] };
  /** The row of a cell by its name, or the beginning of one, whatever its case. */
  find: { name: string };
  /** The page's user has selected these; rows as the first buffer, uint32 little-endian, sorted. */
  select: { what: string };
}

/** What the kernel answers, or says by itself to the pages that watch (`select`, `color`). */
export interface ExploreAnswers {
  columns: ColumnOffers;
  /** The colouring's numbers stand in the first buffer, not in base64: its `codes` or `shades` are empty. */
  color: { by: string; panel: PanelData };
  cells: { cells: CellValues[] };
  /** Null where no cell is called so. */
  find: { row: number | null };
  /** Rows as the first buffer, as in the request. */
  select: { what: string };
}

export type ExploreCommand = keyof ExploreRequests;

/** Why something can't be answered. */
export interface Refusal {
  command: ExploreCommand;
  ask: number;
  error: string;
}

/** What cells can be coloured by. */
export interface ColumnOffers {
  columns: ColumnOffer[];
  /** How many more there are. */
  more: number;
}

/** Something that cells can be coloured by. */
export interface ColumnOffer {
  name: string;
  /** "result": what the model says of the cells ("truth", "prediction", "margin", …). */
  kind: "result" | "obs" | "gene";
}

/** What is known of a cell, in words. */
export interface CellValues {
  row: number;
  name: string;
  values: Record<string, string>;
}

/** Whether a view's message or its answer is of this command. */
export function isExploreCommand(command: unknown): command is ExploreCommand {
  return ["watch", "columns", "color", "cells", "find", "select"].includes(command as string);
}
