import type { Coloring } from "./decode.js";

/** Steps between a number's ends. */
const STEPS = 254;

/** A cell's value in a colouring, in words. */
export function valueIn({ categories, codes, probabilities, range }: Coloring, cell: number): string {
  const code = codes[cell];
  if (range) return code > STEPS ? "–" : shown(range.min + (code / STEPS) * (range.max - range.min));
  const sure = probabilities ? ` (${(100 * probabilities[cell]).toFixed(0)} %)` : "";
  return (categories?.[code]?.name ?? "–") + sure;
}

/** A number as it is told: three digits. */
export function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}
