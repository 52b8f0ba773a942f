import type { Camera } from "./camera.js";
import type { Places } from "./places.js";

/** A drawn panel. It knows no gestures; coordinates are the embedding's, −1 … 1. Changes are drawn with the next frame. */
export interface Plot {
  /**
   * Colours the cells by code.
   * @param codes [cells]; those beyond the palette are none of it: grey, behind the others
   * @param palette colours as #rrggbb
   */
  color(codes: Uint8Array | Uint16Array, palette: readonly string[]): void;
  /**
   * Puts these cells in front, last and larger, the rest dimmed.
   * @param picked [cells]: 1 where picked, and not changed afterwards; null for all alike
   */
  show(picked: Uint8Array | null): void;
  /** Rings one cell, for instance the one under the pointer in another panel; null for none. */
  mark(cell: number | null): void;
  /** Draws what this camera sees. */
  look(camera: Camera): void;
  /** Takes up another side of the square canvas, in CSS pixels. */
  resize(side: number): void;
  /** Draws anew, for instance when the canvas has come back to the page. */
  redraw(): void;
  destroy(): void;
}

/** What a plot is made of. */
export interface PlotOptions {
  canvas: HTMLCanvasElement;
  /** Side of the square canvas in CSS pixels. */
  side: number;
  places: Places;
}
