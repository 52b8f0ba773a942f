import type { PanelData } from "./embedding.js";

/**
 * What a page asks of an embedding's view in the kernel, beside `view` and `command`. Rows are those of the view's table.
 * Each is answered by a message with the same `command`; where it can't be, by one with `error`.
 */
export interface ExploreRequests {
  /** From now on the page hears of `select` and `color`; begins with the selection as it is. */
  watch: object;
  /** What cells can be coloured by: names of `obs` columns and of genes that hold `search`. */
  columns: { search: string };
  /** A colouring by an `obs` column or a gene. */
  color: { by: string };
  /** Names of cells and their values, for a tooltip or a card. */
  cells: { rows: number[] };
  /** The page's user has selected these; rows as the first buffer, uint32 little-endian, sorted. */
  select: { what: string };
}

/** What the kernel answers, or says by itself to the pages that watch (`select`, `color`). */
export interface ExploreAnswers {
  columns: { search: string; columns: ColumnOffer[] /** How many more there are. */; more: number };
  /** The colouring's numbers stand in the first buffer, not in base64: its `codes` or `shades` are empty. */
  color: { by: string; panel: PanelData };
  cells: { cells: { row: number; name: string; values: Record<string, string> }[] };
  /** Rows as the first buffer, as in the request. */
  select: { what: string };
}

/** Something that cells can be coloured by. */
export interface ColumnOffer {
  name: string;
  kind: "obs" | "gene";
}
