import { csvLine } from "../../../src/support/csv.js";
import { SHADES } from "../../../src/views/contract.js";
import type { Coloring, Embedding } from "./decode.js";
import { valueIn } from "./values.js";

/** Cells as CSV: row, name, and each colouring's value with its probability. */
export function table(embedding: Embedding, colorings: readonly Coloring[], cells: Uint32Array): string {
  const { rows, cellIds } = embedding;
  const heads = ["row", ...(cellIds ? ["cell"] : [])];
  for (const { title, probabilities } of colorings)
    heads.push(title, ...(probabilities ? [`${title} probability`] : []));
  const lines = Array.from(cells, (cell) => {
    const fields = [String(rows[cell]), ...(cellIds ? [cellIds[cell]] : [])];
    for (const coloring of colorings) {
      const { probabilities, ...plain } = coloring;
      fields.push(plain.codes[cell] < (plain.categories?.length ?? SHADES) ? valueIn(plain, cell) : "");
      if (probabilities) fields.push(probabilities[cell].toFixed(3));
    }
    return fields;
  });
  return [heads, ...lines].map((fields) => `${csvLine(fields)}\r\n`).join("");
}
