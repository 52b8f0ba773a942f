import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Embedding } from "./decode.js";

/** A cell in a line: its name, and its class and probability in each panel. */
export function describeCell({ panels, categories, cellIds }: Embedding, cell: number, trans: Words): Node[] {
  const name = cellIds?.[cell] ?? trans.__("cell %1", cell.toLocaleString("en"));
  const title = element("strong", "cell", name);
  title.dir = "auto";
  const assignments = panels.map(({ title, codes, probabilities }) => {
    const category = categories[codes[cell]];
    const swatch = element("span", "swatch");
    swatch.style.backgroundColor = category?.color ?? "";
    const label = element("bdi", "assigned", category?.name ?? "–");
    const sure = probabilities ? ` (${(100 * probabilities[cell]).toFixed(0)} %)` : "";
    const line = element("span", "assignment");
    line.append(`${title}: `, swatch, " ", label, sure);
    return line;
  });
  return [title, ...assignments];
}

/** What of the cells is not drawn, for want of coordinates; undefined when all are. */
export function undrawn({ cells, placed }: Embedding, trans: Words): string | undefined {
  const missing = cells - placed.length;
  if (missing === 0) return undefined;
  const [some, all] = [missing, cells].map((count) => count.toLocaleString("en"));
  return trans.__("%1 of %2 cells have no coordinates and are not drawn.", some, all);
}
