import { escapeText } from "../support/markup.js";
import type { Colored } from "./coloring.js";
import { inOrder } from "./contract.js";
import { dotsOf, type Places, placesOf, SHADED } from "./embeddingDots.js";
import { FONT_FAMILY, textWidth } from "./font.js";
import { MOST_CATEGORIES, shownName } from "./names.js";
import { OTHERS } from "./palette.js";
import type { EmbeddingInput } from "./types.js";

/** Lengths in CSS pixels. */
const SIDE = 380;
const MARGIN = 8;
const GAP = 24;
const TOP = 34;
const ROW = 18;
const LEGEND_TEXT = 12;
const LEGEND_LIMIT = 220;

/**
 * The embedding as an SVG document: the panels in a row and one legend for all, or a bar for a number. Each category's
 * number stands on its most central cell too, so that the picture doesn't rest on colour alone.
 */
export function embeddingSvg(
  input: Pick<EmbeddingInput, "title" | "axes" | "x" | "y">,
  colored: readonly Colored[],
): string {
  const categories = [...new Set(colored.flatMap((panel) => ("shades" in panel ? [] : [panel.categories])))];
  const first = new Map(categories.map((list, i) => [list, categories.slice(0, i).flat().length]));
  const places = placesOf(input.x, input.y, 1 - (2 * MARGIN) / SIDE);
  const dots = dotsOf(places, SIDE);
  const top = TOP + (input.title ? 26 : 0);
  const panels = colored.map((panel, p) => {
    const left = GAP / 2 + p * (SIDE + GAP);
    const over =
      "shades" in panel
        ? bar(panel.min, panel.max)
        : numbers(places, panel.codes, panel.categories.length, first.get(panel.categories)!);
    return `<g transform="translate(${left} ${top})">
<text y="-10" font-size="13" font-weight="600" fill="#222">${escapeText(panel.title)}</text>
<rect width="${SIDE}" height="${SIDE}" fill="none" stroke="#ddd"/>
${dots(panel)}${over}</g>`;
  });
  const left = GAP + colored.length * (SIDE + GAP);
  const key = legend(categories.flat());
  const width = left + key.width + GAP / 2;
  const height = top + SIDE + 30;
  const axis = (name: string) => escapeText(shownName(name));
  const undrawn = input.x.length - places.placed.length;
  const note =
    undrawn > 0 ? ` &#160; ${undrawn.toLocaleString("en")} cells without coordinates are not drawn` : "";
  const axes = `${axis(input.axes?.[0] ?? "UMAP 1")} → &#160; ${axis(input.axes?.[1] ?? "UMAP 2")} ↑`;
  const title = input.title
    ? `<text x="${GAP / 2}" y="22" font-size="15" font-weight="600" fill="#222">${escapeText(shownName(input.title))}</text>`
    : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT_FAMILY}">
${title}${panels.join("\n")}
<g transform="translate(${left} ${top})">${key.svg}</g>
<text x="${GAP / 2}" y="${height - 10}" font-size="11" fill="#666">${axes}${note}</text>
</svg>`;
}

/** @param before categories that stand before the panel's in the legend */
function numbers(places: Places, codes: ArrayLike<number>, categories: number, before: number): string {
  const written = Math.max(0, Math.min(categories, MOST_CATEGORIES - before));
  let texts = "";
  members(places.placed, codes, written).forEach((cells, c) => {
    if (cells.length === 0) return;
    const at = central(cells, places);
    const [x, y] = [1 + places.x[at], 1 - places.y[at]].map((share) => (share * SIDE) / 2);
    const text = `x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}">${before + c + 1}</text>`;
    texts += `<text stroke="white" stroke-width="3" stroke-linejoin="round" ${text}<text ${text}`;
  });
  return `<g font-size="12" font-weight="600" text-anchor="middle" fill="#111">${texts}</g>`;
}

/** The cells of each of the first categories. */
function members(placed: Uint32Array, codes: ArrayLike<number>, categories: number): Uint32Array[] {
  const sizes = new Uint32Array(categories);
  for (const cell of placed) if (codes[cell] < categories) sizes[codes[cell]]++;
  const found = Array.from(sizes, (size) => new Uint32Array(size));
  const next = new Uint32Array(categories);
  for (const cell of placed) {
    const code = codes[cell];
    if (code < categories) found[code][next[code]++] = cell;
  }
  return found;
}

/** Cells that a median is taken of at most. */
const MEDIAN_OF = 5000;

/** The cell nearest to the medians of its category: the medians alone may lie where no cell is. */
function central(cells: Uint32Array, { x, y }: Places): number {
  // Some of many tell it as well.
  const step = Math.ceil(cells.length / MEDIAN_OF);
  const some = cells.filter((_, i) => i % step === 0);
  const median = (values: Float32Array) => inOrder(values, some).sort()[some.length >> 1];
  const [mx, my] = [median(x), median(y)];
  let [best, least] = [cells[0], Number.POSITIVE_INFINITY];
  for (const cell of cells) {
    const apart = (x[cell] - mx) ** 2 + (y[cell] - my) ** 2;
    if (apart < least) [best, least] = [cell, apart];
  }
  return best;
}

/** A bar of a number's colours between its ends, to the right above a panel. */
function bar(min: number, max: number): string {
  const [width, height] = [90, 8];
  const steps = SHADED.filter((_, shade) => shade % 6 === 0);
  const step = width / steps.length;
  const [from, to] = [min, max].map((value) => escapeText(String(Number(value.toPrecision(3)))));
  const right = SIDE - textWidth(to, 11) - 5;
  const cells = steps.map(
    (color, i) =>
      `<rect x="${(right - width + i * step).toFixed(2)}" y="-18" width="${(step + 0.3).toFixed(2)}" height="${height}" fill="${color}"/>`,
  );
  const label = (x: number, anchor: string, text: string) =>
    `<text x="${x.toFixed(1)}" y="-10" font-size="11" fill="#444" text-anchor="${anchor}">${text}</text>`;
  return `${cells.join("")}${label(right - width - 5, "end", from)}${label(SIDE, "end", to)}`;
}

function legend(categories: readonly { name: string; color: string }[]): { svg: string; width: number } {
  const perColumn = Math.floor(SIDE / ROW);
  let svg = "";
  let left = 0;
  const entries = categories
    .slice(0, MOST_CATEGORIES)
    .map(({ name, color }, c) => ({ color, text: shortened(`${c + 1}  ${name}`) }));
  const more = categories.length - entries.length;
  if (more > 0) entries.push({ color: OTHERS, text: `and ${more.toLocaleString("en")} more` });
  for (let start = 0; start < entries.length; start += perColumn) {
    const column = entries.slice(start, start + perColumn);
    column.forEach(({ color, text }, i) => {
      const middle = 8 + i * ROW;
      svg += `<circle cx="${left + 6}" cy="${middle}" r="5" fill="${color}"/>`;
      svg += `<text x="${left + 18}" y="${middle + 4}" font-size="${LEGEND_TEXT}" fill="#333" xml:space="preserve">${escapeText(text)}</text>`;
    });
    left += 18 + Math.max(...column.map(({ text }) => textWidth(text, LEGEND_TEXT))) + 18;
  }
  return { svg, width: Math.ceil(left) };
}

function shortened(text: string): string {
  if (textWidth(text, LEGEND_TEXT) <= LEGEND_LIMIT) return text;
  const kept = [...text];
  while (textWidth(`${kept.join("")}…`, LEGEND_TEXT) > LEGEND_LIMIT) kept.pop();
  return `${kept.join("")}…`;
}
