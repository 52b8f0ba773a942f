import type { CellValues } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import type { Words } from "../words.js";
import { type Coloring, type Embedding, NONE } from "./decode.js";
import { valueIn } from "./values.js";

/** What a cell is called. */
export function cellName({ cellIds, rows }: Embedding, cell: number, trans: Words): string {
  return cellIds?.[cell] ?? trans.__("cell %1", rows[cell].toLocaleString("en"));
}

/**
 * A cell told in lines: its name, and what each colouring says of it.
 * @param known what the kernel says of it
 */
export function describeCell(
  embedding: Embedding,
  colorings: readonly Coloring[],
  paletteOf: (coloring: Coloring) => readonly string[],
  cell: number,
  trans: Words,
  known?: CellValues,
): Node[] {
  const title = element("strong", "cell", known?.name ?? cellName(embedding, cell, trans));
  title.dir = "auto";
  const facts = element("div", "facts");
  for (const coloring of colorings) {
    const swatch = element("span", "swatch");
    swatch.style.backgroundColor = paletteOf(coloring)[coloring.codes[cell]] ?? NONE;
    const value = element("span", "fact");
    value.append(swatch, element("bdi", "assigned", valueIn(coloring, cell)));
    facts.append(element("span", "fact-name", coloring.title), value);
  }
  for (const column of embedding.tooltip)
    facts.append(element("span", "fact-name", column.title), element("span", "fact", valueIn(column, cell)));
  const titles = new Set([...colorings, ...embedding.tooltip].map(({ title }) => title));
  for (const [name, value] of Object.entries(known?.values ?? {}))
    if (!titles.has(name))
      facts.append(element("span", "fact-name", name), element("span", "fact", String(value)));
  return [title, facts];
}

/** What of the cells is not drawn, for want of coordinates; undefined when all are. */
export function undrawn({ cells, placed }: Embedding, trans: Words): string | undefined {
  const missing = cells - placed.length;
  if (missing === 0) return undefined;
  const [some, all] = [missing, cells].map((count) => count.toLocaleString("en"));
  return trans.__("%1 of %2 cells have no coordinates and are not drawn.", some, all);
}
