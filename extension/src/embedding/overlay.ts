import { textWidth } from "../dom.js";
import { svg } from "../svg.js";
import { type Camera, type Spot, seenAt, WHOLE } from "./camera.js";
import type { Coloring } from "./decode.js";
import { middles, shownLabels } from "./labels.js";
import { membersOf } from "./members.js";
import type { Places } from "./places.js";

/** Of so many classes at most, the largest, the names are tried. */
const MOST = 80;
/** Longer names are cut. */
const LETTERS = 22;

interface Name {
  x: number;
  y: number;
  size: number;
  width: number;
  code: number;
  node: SVGTextElement;
}

/** What is drawn over a plot: the names of its classes, and the line that goes around cells. */
export class Overlay {
  readonly node = svg("svg", { class: "cellkernel-overlay", "aria-hidden": "true" });
  readonly #names = svg("g", { class: "cellkernel-names" });
  readonly #line = svg("path", { class: "cellkernel-outline" });
  #labels: Name[] = [];
  /** Classes that have picked cells; null: nothing is picked. */
  #lit: ReadonlySet<number> | null = null;
  #camera: Camera = WHOLE;
  #side = 0;

  constructor() {
    this.node.append(this.#names, this.#line);
  }

  set named(named: boolean) {
    this.#names.style.display = named ? "" : "none";
  }

  /** Takes up the classes of a colouring; a number has none. */
  name({ categories, codes }: Coloring, places: Places): void {
    const labels: Name[] = [];
    if (categories) {
      const { fontFamily } = getComputedStyle(document.body);
      const font = { fontWeight: "600", fontSize: "11px", fontFamily };
      const { sizes } = membersOf(codes, categories.length);
      const middle = middles(codes, categories.length, places);
      const largest = categories
        .map((_, code) => code)
        .filter((code) => middle[code].size > 0)
        .sort((a, b) => sizes[b] - sizes[a] || a - b)
        .slice(0, MOST);
      for (const code of largest) {
        const letters = [...categories[code].name];
        const text =
          letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : letters.join("");
        const node = svg("text", {}, text);
        labels.push({ ...middle[code], code, width: textWidth(text, font), node });
      }
    }
    this.#labels = labels;
    this.#names.replaceChildren(...labels.map(({ node }) => node));
  }

  /** Puts the names where their classes are seen; smaller classes' hide where they would collide. */
  look(camera: Camera, side: number): void {
    this.#camera = camera;
    this.#side = side;
    const lit = this.#lit;
    const placed = this.#labels.map((label) => ({ ...label, ...seenAt(camera, side, label.x, label.y) }));
    const named = placed.filter(({ code }) => lit === null || lit.has(code));
    const tried = shownLabels(named, side);
    const shown = placed.map((label) => named.includes(label) && tried[named.indexOf(label)]);
    placed.forEach(({ node, left, top }, i) => {
      node.style.display = shown[i] ? "" : "none";
      if (!shown[i]) return;
      node.setAttribute("x", left.toFixed(1));
      node.setAttribute("y", top.toFixed(1));
    });
  }

  /** Names only classes some of whose cells are picked: others' names would stand on grey cells. Null: all. */
  pick(picked: Uint8Array | null, { codes }: Coloring): void {
    const lit = picked && new Set<number>();
    if (lit) for (let cell = 0; cell < picked.length; cell++) if (picked[cell]) lit.add(codes[cell]);
    this.#lit = lit;
    if (this.#side > 0) this.look(this.#camera, this.#side);
  }

  outline(around: readonly Spot[] | null): void {
    const points = around?.map(({ left, top }) => `${left.toFixed(1)} ${top.toFixed(1)}`) ?? [];
    this.#line.setAttribute("d", points.length > 1 ? `M${points.join("L")}Z` : "");
  }

  /** The names that are shown, for a picture. */
  get shown(): { text: string; left: number; top: number }[] {
    return this.#labels
      .filter(({ node }) => node.style.display !== "none" && this.#names.style.display !== "none")
      .map(({ node }) => ({
        text: node.textContent ?? "",
        left: Number(node.getAttribute("x")),
        top: Number(node.getAttribute("y")),
      }));
  }
}
