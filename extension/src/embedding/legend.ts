import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Embedding } from "./decode.js";

/** What the plots are to show in front. */
export type Focus = { category: number } | "disagreement" | null;

/** From so many classes on there is a box to find one by name. */
const FILTERED = 12;

/**
 * The mistakes, then the classes by size, with their numbers of cells. Each entry is a button (also by keyboard) that
 * puts its cells in front; pressed again, all are alike.
 *
 * @param focus what is in front at the beginning
 */
export function legend(
  embedding: Embedding,
  trans: Words,
  focus: Focus,
  onFocus: (focus: Focus) => void,
): HTMLElement {
  const { categories, panels } = embedding;
  const rail = element("div", "legend");
  const list = element("div", "legend-list");
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", trans.__("Classes"));
  const buttons: HTMLButtonElement[] = [];

  const entry = (own: Exclude<Focus, null>, pressed: boolean, content: (Node | string)[]) => {
    const button = element("button", "legend-entry");
    button.type = "button";
    button.append(...content);
    const press = (on: boolean) => {
      for (const other of buttons) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(on));
      rail.classList.toggle("cellkernel-legend-focused", on);
    };
    buttons.push(button);
    button.setAttribute("aria-pressed", "false");
    if (pressed) press(true);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      press(on);
      onFocus(on ? own : null);
    });
    return button;
  };

  if (panels.length === 2) {
    const count = disagreement(embedding)
      .reduce((total, differs) => total + differs, 0)
      .toLocaleString("en");
    const label = element("span", "name", trans.__("The panels differ"));
    label.title = trans.__("Cells on which %1 and %2 differ", panels[0].title, panels[1].title);
    rail.append(
      entry("disagreement", focus === "disagreement", [
        element("span", "swatch cellkernel-differ"),
        label,
        element("span", "count", count),
      ]),
    );
  }
  if (categories.length >= FILTERED) rail.append(filterBox(trans, list));
  const heads = panels.map(({ title }) => {
    const head = element("span", "count", title);
    head.title = title;
    return head;
  });
  const header = element("div", "legend-header");
  header.append(element("span", "name", trans.__("Class")), ...heads);

  const sizes = panels.map((panel) => countEach(panel.codes, categories.length));
  const bySize = categories.map((_, c) => c).sort((a, b) => sizes[0][b] - sizes[0][a] || a - b);
  const entries = bySize.map((category) => {
    const { name, color } = categories[category];
    const swatch = element("span", "swatch");
    swatch.style.backgroundColor = color;
    const counts = sizes.map((size) => element("span", "count", size[category].toLocaleString("en")));
    const label = element("span", "name", name);
    label.title = name;
    label.dir = "auto";
    const pressed = focus !== null && focus !== "disagreement" && focus.category === category;
    return entry({ category }, pressed, [swatch, label, ...counts]);
  });
  list.append(header, ...entries);
  rail.append(list);
  return rail;
}

/** Leaves in a list the entries whose names hold what is typed. */
function filterBox(trans: Words, list: HTMLElement): HTMLElement {
  const box = element("input", "filter");
  box.type = "search";
  box.placeholder = trans.__("Filter the classes");
  box.setAttribute("aria-label", box.placeholder);
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const entry of list.querySelectorAll<HTMLElement>(".cellkernel-legend-entry")) {
      const name = entry.querySelector(".cellkernel-name")?.textContent ?? "";
      entry.hidden = !name.toLowerCase().includes(wanted);
    }
  });
  return box;
}

/** The cells that a focus picks in a panel: [cells], 1 where picked; null for none. */
export function pickedBy(embedding: Embedding, panel: number, focus: Focus): Uint8Array | null {
  if (focus === null) return null;
  if (focus === "disagreement") return disagreement(embedding);
  const { codes } = embedding.panels[panel];
  return Uint8Array.from(codes, (code) => Number(code === focus.category));
}

function disagreement({ panels: [first, second] }: Embedding): Uint8Array {
  return Uint8Array.from(first.codes, (code, cell) => Number(code !== second.codes[cell]));
}

function countEach(codes: ArrayLike<number>, categories: number): number[] {
  const counts = new Array<number>(categories + 1).fill(0);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  return counts;
}
