import { escapeText } from "../support/markup.js";
import type { Colored } from "./coloring.js";
import { extent, sequential, shuffled } from "./contract.js";
import { FONT_FAMILY, textWidth } from "./font.js";
import { MOST_CATEGORIES, shownName } from "./names.js";
import { OTHERS } from "./palette.js";
import type { EmbeddingInput } from "./types.js";

/** Lengths in CSS pixels. */
const SIDE = 380;
const GAP = 24;
const TOP = 34;
const ROW = 18;
const LEGEND_TEXT = 12;
const LEGEND_LIMIT = 220;

/**
 * The embedding as an SVG document: the panels in a row and one legend for all, or a bar for a number. Each category's
 * number stands on its most central cell too, so that the picture doesn't rest on colour alone.
 */
export function embeddingSvg(input: EmbeddingInput, colored: readonly Colored[]): string {
  const categories = [...new Set(colored.flatMap((panel) => ("shades" in panel ? [] : [panel.categories])))];
  const first = new Map(categories.map((list, i) => [list, categories.slice(0, i).flat().length]));
  const x = scaled(input.x, 8, SIDE - 8);
  const y = scaled(input.y, SIDE - 8, 8);
  const top = TOP + (input.title ? 26 : 0);
  const panels = colored.map((panel, p) => {
    const left = GAP / 2 + p * (SIDE + GAP);
    const drawn =
      "shades" in panel
        ? points(x, y, panel.shades, SHADED) + bar(panel.min, panel.max)
        : points(
            x,
            y,
            panel.codes,
            panel.categories.map(({ color }) => color),
          ) + numbers(x, y, panel.codes, panel.categories.length, first.get(panel.categories)!);
    return `<g transform="translate(${left} ${top})">
<text y="-10" font-size="13" font-weight="600" fill="#222">${escapeText(panel.title)}</text>
<rect width="${SIDE}" height="${SIDE}" fill="none" stroke="#ddd"/>
${drawn}</g>`;
  });
  const left = GAP + colored.length * (SIDE + GAP);
  const key = legend(categories.flat());
  const width = left + key.width + GAP / 2;
  const height = top + SIDE + 30;
  const axis = (name: string) => escapeText(shownName(name));
  const undrawn = x.filter((_, i) => !placed(x, y, i)).length;
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

/** Maps values linearly to from … to, those that are all the same to the middle; NaN where there is none. */
function scaled(values: ArrayLike<number>, from: number, to: number): Float64Array {
  const [min, max] = extent(values);
  return Float64Array.from(values, (value) => {
    if (!Number.isFinite(value)) return Number.NaN;
    return max > min ? from + ((value - min) * (to - from)) / (max - min) : (from + to) / 2;
  });
}

/**
 * Dots as round caps of tiny strokes, one path a colour: a hundredth of the size of a hundred thousand circles.
 * Drawn in some rounds over a shuffled order, so that no category covers all others.
 */
function points(
  x: Float64Array,
  y: Float64Array,
  codes: ArrayLike<number>,
  colors: readonly string[],
): string {
  const order = shuffled(x.length).filter((i) => placed(x, y, i));
  const cells = order.length;
  const diameter = Math.min(6, Math.max(1.4, 130 / Math.sqrt(cells)));
  const rounds = Math.min(20, Math.ceil(cells / 100));
  let svg = `<g fill="none" stroke-linecap="round" stroke-width="${diameter.toFixed(2)}">`;
  for (let round = 0; round < rounds; round++) {
    const paths = new Map<number, string>();
    for (let n = Math.floor((round * cells) / rounds); n < Math.floor(((round + 1) * cells) / rounds); n++) {
      const i = order[n];
      paths.set(codes[i], `${paths.get(codes[i]) ?? ""}M${x[i].toFixed(1)} ${y[i].toFixed(1)}h.01`);
    }
    // Grey first: cells without a category are background.
    for (const [code, path] of [...paths].sort(([a], [b]) => b - a)) {
      svg += `<path stroke="${colors[code] ?? OTHERS}" d="${path}"/>`;
    }
  }
  return `${svg}</g>`;
}

function placed(x: Float64Array, y: Float64Array, i: number): boolean {
  return !Number.isNaN(x[i]) && !Number.isNaN(y[i]);
}

/** @param before categories that stand before the panel's in the legend */
function numbers(
  x: Float64Array,
  y: Float64Array,
  codes: ArrayLike<number>,
  categories: number,
  before: number,
): string {
  const written = Math.max(0, Math.min(categories, MOST_CATEGORIES - before));
  const members: number[][] = Array.from({ length: written }, () => []);
  for (let i = 0; i < codes.length; i++) if (placed(x, y, i)) members[codes[i]]?.push(i);
  return members
    .map((cells, c) => {
      if (cells.length === 0) return "";
      const at = central(cells, x, y);
      const text = `x="${x[at].toFixed(1)}" y="${(y[at] + 4).toFixed(1)}">${before + c + 1}</text>`;
      return `<text stroke="white" stroke-width="3" stroke-linejoin="round" ${text}` + `<text ${text}`;
    })
    .reduce(
      (all, each) => all + each,
      '<g font-size="12" font-weight="600" text-anchor="middle" fill="#111">',
    )
    .concat("</g>");
}

/** The cell nearest to the medians of its category: the medians alone may lie where no cell is. */
function central(cells: number[], x: Float64Array, y: Float64Array): number {
  const median = (values: Float64Array) =>
    cells.map((i) => values[i]).sort((a, b) => a - b)[cells.length >> 1];
  const [mx, my] = [median(x), median(y)];
  return cells.reduce((best, i) =>
    Math.hypot(x[i] - mx, y[i] - my) < Math.hypot(x[best] - mx, y[best] - my) ? i : best,
  );
}

/** What the shades of a number look like on white. */
const SHADED = sequential("light");

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
