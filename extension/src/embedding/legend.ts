import type { TranslationBundle } from "@jupyterlab/translation";
import { element } from "../dom.js";
import type { Embedding } from "./decode.js";

/** What the plots are to show at full colour. */
export type Focus = { category: number } | "disagreement" | null;

/**
 * The colours with their names and numbers of cells. Each entry is a button (also by keyboard) that shows its
 * cells alone; pressed again, all. With two panels a further one shows the cells on which they disagree.
 */
export function legend(
  embedding: Embedding,
  trans: TranslationBundle,
  onFocus: (focus: Focus) => void,
): HTMLElement {
  const { categories, panels } = embedding;
  const list = element("div", "legend");
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", trans.__("Categories"));
  const buttons: HTMLButtonElement[] = [];

  const add = (focus: Exclude<Focus, null>, content: (Node | string)[]) => {
    const button = element("button", "legend-entry");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(...content);
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      for (const other of buttons) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(pressed));
      list.classList.toggle("cellkernel-legend-focused", pressed);
      onFocus(pressed ? focus : null);
    });
    buttons.push(button);
    list.append(button);
  };

  const sizes = panels.map((panel) => countEach(panel.codes, categories.length));
  categories.forEach(({ name, color }, category) => {
    const swatch = element("span", "swatch");
    swatch.style.backgroundColor = color;
    const counts = element(
      "span",
      "count",
      sizes.map((size) => size[category].toLocaleString("en")).join(" / "),
    );
    counts.title = panels.map((panel, p) => `${panel.title}: ${sizes[p][category]}`).join("\n");
    const label = element("span", "name", name);
    label.title = name;
    add({ category }, [swatch, label, counts]);
  });
  if (panels.length === 2) {
    const count = disagreement(embedding).length.toLocaleString("en");
    const label = trans.__("%1 and %2 differ", panels[0].title, panels[1].title);
    add("disagreement", [
      element("span", "swatch cellkernel-differ"),
      element("span", "name", label),
      element("span", "count", count),
    ]);
  }
  return list;
}

/** The cells that a focus keeps in a panel; null for all. */
export function cellsInFocus(embedding: Embedding, panel: number, focus: Focus): number[] | null {
  if (focus === null) return null;
  if (focus === "disagreement") return disagreement(embedding);
  return where(embedding.cells, (cell) => embedding.panels[panel].codes[cell] === focus.category);
}

function disagreement({ cells, panels: [first, second] }: Embedding): number[] {
  return where(cells, (cell) => first.codes[cell] !== second.codes[cell]);
}

function where(cells: number, wanted: (cell: number) => boolean): number[] {
  const found = [];
  for (let cell = 0; cell < cells; cell++) if (wanted(cell)) found.push(cell);
  return found;
}

function countEach(codes: ArrayLike<number>, categories: number): number[] {
  const counts = new Array<number>(categories + 1).fill(0);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  return counts;
}
