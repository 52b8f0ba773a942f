import type { Embedding, Panel } from "./decode.js";

/** A drawn panel. Coordinates are the embedding's, −1 … 1. */
export interface Plot {
  /** Shows these cells at full colour, or all. */
  show(cells: number[] | null): void;
  /** Rings one cell, for instance the one under the pointer in another panel. */
  mark(cell: number | null): void;
  /** Draws anew, for instance when the canvas has come back to the page. */
  redraw(): void;
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
