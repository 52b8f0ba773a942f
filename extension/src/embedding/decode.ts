import { decodeEmbedding, type EmbeddingPayload } from "../../../src/views/contract.js";

/** One colouring of the cells, decoded. */
export interface Panel {
  title: string;
  /** [cells]: index into the categories; `categories.length` is none. */
  codes: Uint8Array | Uint16Array;
  /** [cells], 0 … 1. */
  probabilities?: Float32Array;
}

/** An embedding ready to draw. */
export interface Embedding {
  title: string;
  cells: number;
  axes: [string, string];
  /** [cells] each, −0.95 … 0.95, so that no point is cut by the frame. */
  x: Float32Array;
  y: Float32Array;
  categories: { name: string; color: string }[];
  panels: Panel[];
  /** Rows that have coordinates. */
  placed: Uint32Array;
  cellIds?: string[];
}

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one, or its parts disagree in length.
 */
export function decode(payload: EmbeddingPayload): Embedding {
  const { x, y, panels } = decodeEmbedding(payload);
  if (panels.length === 0 || !Array.isArray(payload.categories))
    throw new Error("The embedding has no panels.");
  const unplaced = new Set(payload.unplaced);
  const centred = (shares: Float32Array) => shares.map((share) => (share - 0.5) * 1.9);
  return {
    title: String(payload.title ?? ""),
    cells: payload.cells,
    axes: [payload.x.label, payload.y.label],
    x: centred(x),
    y: centred(y),
    categories: payload.categories.map(({ name, color }) => ({
      name: String(name),
      color: /^#[\da-f]{6}$/i.test(color) ? color : "#b4b4b4",
    })),
    panels,
    placed: Uint32Array.from({ length: payload.cells }, (_, cell) => cell).filter(
      (cell) => !unplaced.has(cell),
    ),
    ...(Array.isArray(payload.cellIds) && { cellIds: payload.cellIds }),
  };
}
