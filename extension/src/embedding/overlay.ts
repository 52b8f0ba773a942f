import { textWidth } from "../dom.js";
import { svg } from "../svg.js";
import { type Camera, type Spot, seenAt, WHOLE } from "./camera.js";
import type { Coloring } from "./decode.js";
import { middles, shownLabels } from "./labels.js";
import { type Places, placesOfPicked } from "./places.js";

/** Of so many classes at most, the largest, the names are tried. */
const MOST = 80;
/** Pixels from the place of picked cells to the middle of their name. */
const ABOVE = 16;
/** Longer names are cut. */
const LETTERS = 22;

interface Name {
  x: number;
  y: number;
  size: number;
  width: number;
  node: SVGTextElement;
}

/** What is drawn over a plot: the names of its classes, and the line that goes around cells. */
export class Overlay {
  readonly node = svg("svg", { class: "cellkernel-overlay", "aria-hidden": "true" });
  readonly #names = svg("g", { class: "cellkernel-names" });
  readonly #line = svg("path", { class: "cellkernel-outline" });
  #coloring: Coloring | undefined;
  #places: Places | undefined;
  /** The names that are tried, and those of all classes. */
  #labels: Name[] = [];
  #all: Name[] = [];
  /** Pixels by which a name stands above its place: what is picked should be seen. */
  #above = 0;
  #camera: Camera = WHOLE;
  #side = 0;

  constructor() {
    this.node.append(this.#names, this.#line);
  }

  set named(named: boolean) {
    this.#names.style.display = named ? "" : "none";
  }

  /** Takes up the classes of a colouring; a number has none. */
  name(coloring: Coloring, places: Places): void {
    this.#coloring = coloring;
    this.#places = places;
    this.#all = labelsOf(coloring, places);
    this.#above = 0;
    this.#show(this.#all);
  }

  /** Puts the names where their classes are seen; smaller classes' hide where they would collide. */
  look(camera: Camera, side: number): void {
    this.#camera = camera;
    this.#side = side;
    const placed = this.#labels.map((label) => {
      const { left, top } = seenAt(camera, side, label.x, label.y);
      return { ...label, left, top: top < 2 * this.#above ? top + this.#above : top - this.#above };
    });
    const shown = shownLabels(placed, side);
    placed.forEach(({ node, left, top }, i) => {
      node.style.display = shown[i] ? "" : "none";
      if (!shown[i]) return;
      node.setAttribute("x", left.toFixed(1));
      node.setAttribute("y", top.toFixed(1));
    });
  }

  /** Names the picked cells' classes where these cells are: others' names would stand on grey cells. Null: all. */
  pick(picked: Uint8Array | null): void {
    const [coloring, places] = [this.#coloring, this.#places];
    if (!coloring || !places || (picked === null && this.#labels === this.#all)) return;
    this.#above = picked ? ABOVE : 0;
    this.#show(picked ? labelsOf(coloring, placesOfPicked(places, picked)) : this.#all);
    this.look(this.#camera, this.#side);
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

  #show(labels: Name[]): void {
    this.#labels = labels;
    this.#names.replaceChildren(...labels.map(({ node }) => node));
  }
}

/** The names of classes and where their placed cells are, the largest first. */
function labelsOf({ categories, codes }: Coloring, places: Places): Name[] {
  if (!categories) return [];
  const { fontFamily } = getComputedStyle(document.body);
  const font = { fontWeight: "600", fontSize: "11px", fontFamily };
  const middle = middles(codes, categories.length, places);
  return categories
    .map((_, code) => code)
    .filter((code) => middle[code].size > 0)
    .sort((a, b) => middle[b].size - middle[a].size || a - b)
    .slice(0, MOST)
    .map((code) => {
      const letters = [...categories[code].name];
      const text = letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : letters.join("");
      return { ...middle[code], width: textWidth(text, font), node: svg("text", {}, text) };
    });
}
