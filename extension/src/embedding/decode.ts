import {
  ascending,
  type CategoryData,
  type DecodedPanel,
  decodeEmbedding,
  type EmbeddingPayload,
} from "../../../src/views/contract.js";

/** One colouring of the cells: by category or, with a `range`, by a number. */
export type Coloring = DecodedPanel;

/** An embedding ready to draw. */
export interface Embedding {
  title: string;
  cells: number;
  axes: [string, string];
  /** [cells] each, −0.95 … 0.95, so that no point is cut by the frame. */
  x: Float32Array;
  y: Float32Array;
  /** What is drawn side by side. */
  panels: Coloring[];
  /** To be chosen besides. */
  more: Coloring[];
  /** Columns that are told of a cell. */
  tooltip: Coloring[];
  /** Cells that have coordinates, ascending. */
  placed: Uint32Array;
  /** [cells]: row of each in its table. */
  rows: Uint32Array;
  /** Names the table, whose views share a selection. */
  table?: string;
  /** Names the view in the kernel. */
  view?: string;
  cellIds?: string[];
}

/** The colour of what has none, on white and on black. */
export const NONE = "#b4b4b4";
/** Half the side of what the cells fill, of the embedding's −1 … 1. */
const FILLED = 0.95;

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one, or its parts disagree in length.
 */
export function decode(payload: EmbeddingPayload): Embedding {
  const { x, y, panels, more, tooltip, rows } = decodeEmbedding(payload);
  if (panels.length === 0 || !Array.isArray(payload.categories))
    throw new Error("The embedding has no panels.");
  const unplaced = new Set(payload.unplaced);
  const cells = ascending(payload.cells);
  const centred = (shares: Float32Array) => shares.map((share) => (share - 0.5) * 2 * FILLED);
  return {
    title: String(payload.title ?? ""),
    cells: payload.cells,
    axes: [String(payload.x.label), String(payload.y.label)],
    x: centred(x),
    y: centred(y),
    panels: checked(panels),
    more: checked(more),
    tooltip: checked(tooltip),
    placed: unplaced.size === 0 ? cells : cells.filter((cell) => !unplaced.has(cell)),
    rows,
    table: textOrNone(payload.table?.id),
    view: textOrNone(payload.view),
    ...(Array.isArray(payload.cellIds) && { cellIds: payload.cellIds.map(String) }),
  };
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Colourings whose names are text and whose colours are colours; those that share categories share them still. */
export function checked(colorings: readonly Coloring[]): Coloring[] {
  return colorings.map((coloring) => ({
    ...coloring,
    title: String(coloring.title),
    ...(coloring.categories && { categories: checkedCategories(coloring.categories) }),
  }));
}

const known = new WeakMap<CategoryData[], CategoryData[]>();

function checkedCategories(categories: CategoryData[]): CategoryData[] {
  const before = known.get(categories);
  if (before) return before;
  const now = categories.map(({ name, color }) => ({
    name: String(name),
    color: /^#[\da-f]{6}$/i.test(color) ? color : NONE,
  }));
  known.set(categories, now);
  return now;
}
