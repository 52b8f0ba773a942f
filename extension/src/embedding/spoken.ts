import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Coloring, Embedding } from "./decode.js";
import { membersOf } from "./members.js";
import { MISTAKE } from "./mistakes.js";
import { shown } from "./values.js";

/** Nobody listens to more; the rail has them all. */
const MOST_ROWS = 50;

/** What the plots show, for those who don't see them: cells by class in each panel, and how many are mistaken. */
export function spoken(
  { panels, cells, title }: Embedding,
  mistakes: Coloring | undefined,
  trans: Words,
): HTMLElement {
  const table = element("table", "spoken");
  const said = trans.__("%1: %2 cells by class", title || trans.__("Embedding"), cells.toLocaleString("en"));
  const wrong = mistakes && membersOf(mistakes.codes, mistakes.categories!.length).sizes[MISTAKE];
  const caption =
    wrong === undefined ? said : `${said}. ${trans.__("Mistakes: %1", wrong.toLocaleString("en"))}`;
  table.append(element("caption", "spoken-caption", caption));
  const categories = panels.find((panel) => panel.categories)?.categories;
  const columns = panels.filter((panel) => panel.categories === categories && categories);
  const header = table.createTHead().insertRow();
  for (const name of [trans.__("Class"), ...columns.map((panel) => panel.title)]) {
    const head = element("th", "spoken-head", name);
    head.scope = "col";
    header.append(head);
  }
  const body = table.createTBody();
  const sizes = columns.map(({ codes }) => membersOf(codes, categories!.length).sizes);
  const bySize = (categories ?? []).map((_, c) => c).sort((a, b) => sizes[0][b] - sizes[0][a] || a - b);
  for (const code of bySize.slice(0, MOST_ROWS)) {
    const row = body.insertRow();
    const head = element("th", "spoken-head", categories![code].name);
    head.scope = "row";
    row.append(head);
    for (const size of sizes) row.insertCell().textContent = size[code].toLocaleString("en");
  }
  for (const { title: name, range } of panels)
    if (range) {
      const row = body.insertRow();
      row.append(element("th", "spoken-head", name));
      row.insertCell().textContent = trans.__("%1 to %2", shown(range.min), shown(range.max));
    }
  return table;
}
