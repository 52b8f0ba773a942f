import type { Embedding, Panel } from "./decode.js";

/** A drawn panel. Coordinates are the embedding's, −1 … 1. */
export interface Plot {
  /** Puts these cells in front of the others: [cells], 1 where picked; null for all alike. */
  show(picked: Uint8Array | null): void;
  /** Rings one cell, for instance the one under the pointer in another panel. */
  mark(cell: number | null): void;
  /** Draws anew, for instance when the canvas has come back to the page. */
  redraw(): void;
  /** Takes up another side of the square canvas, in CSS pixels. */
  resize(side: number): void;
  /** Whole embedding in view. */
  reset(): void;
  destroy(): void;
}

/** What a plot is made of. */
export interface PlotOptions {
  canvas: HTMLCanvasElement;
  /** Side of the square canvas in CSS pixels. */
  side: number;
  embedding: Embedding;
  panel: Panel;
  /** Called with the cell under the pointer, or null. */
  onHover(cell: number | null): void;
}

/** Diameter of a cell in CSS pixels: smaller the more there are. */
export function pointSize(cells: number): number {
  return Math.min(6, Math.max(1.5, 130 / Math.sqrt(cells)));
}

/** Colour of the cells behind those that were picked, seen on light and dark pages alike. */
export const BEHIND = "#909090";
/** Opacity of a cell, by its look: as all are, behind, picked. */
export const OPACITIES = [0.9, 0.15, 1];

/** Diameters of the cells in CSS pixels, by their look. */
export function pointSizes(cells: number): number[] {
  const size = pointSize(cells);
  return [size, size, Math.max(4, size + 1.5)];
}
