import { shuffled } from "../../../src/views/contract.js";
import type { Embedding, Panel } from "./decode.js";

/** How a cell is drawn: as all are; faintly, behind those that were picked; as one of them. */
export const NORMAL = 0;
export const DIMMED = 1;
export const PICKED = 2;
export type Look = typeof NORMAL | typeof DIMMED | typeof PICKED;

/**
 * Rows in the order in which they are drawn: shuffled, always the same way, so that no category of sorted data covers
 * the others; cells without a category before all, those that were picked after all.
 *
 * @param picked [cells]: 1 where picked; null when nothing is
 */
export function drawOrder(
  { placed, categories }: Embedding,
  { codes }: Panel,
  picked: Uint8Array | null,
): Uint32Array {
  const layers: number[][] = [[], [], []];
  const shuffle = shuffled(placed.length);
  for (const at of shuffle) {
    const cell = placed[at];
    layers[picked?.[cell] ? 2 : codes[cell] < categories.length ? 1 : 0].push(cell);
  }
  return Uint32Array.from(layers.flat());
}

/** How a cell is to be drawn. */
export function lookOf(cell: number, picked: Uint8Array | null): Look {
  if (!picked) return NORMAL;
  return picked[cell] ? PICKED : DIMMED;
}
