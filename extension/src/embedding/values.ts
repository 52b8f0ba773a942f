import { SHADES } from "../../../src/views/contract.js";
import type { Coloring } from "./decode.js";

/** A cell's value in a colouring, in words. */
export function valueIn({ categories, codes, probabilities, range }: Coloring, cell: number): string {
  const code = codes[cell];
  if (range) return code >= SHADES ? "–" : shown(range.min + (code / (SHADES - 1)) * (range.max - range.min));
  const sure = probabilities ? ` (${(100 * probabilities[cell]).toFixed(0)} %)` : "";
  return (categories?.[code]?.name ?? "–") + sure;
}

/** A number as it is told: three digits. */
export function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}
