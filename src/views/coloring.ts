import { base64, encodeCodes, encodeProbabilities, type PanelData, shadesOf } from "./contract.js";
import { shownName, shownNames } from "./names.js";
import { categoryColors } from "./palette.js";
import type { CategoryPanel, EmbeddingPanel, NumberPanel } from "./types.js";

/** A category as it is shown. */
type Shown = { name: string; color: string };

/** Cells by category as they are drawn. */
export interface Categorised {
  title: string;
  /** What `codes` count through: their number is none. */
  categories: readonly Shown[];
  codes: Uint16Array;
  probabilities?: ArrayLike<number>;
  /** Whether the categories are the panel's own, which no other has. */
  own: boolean;
}

/** Cells by number as they are drawn. */
export interface Shaded {
  title: string;
  min: number;
  max: number;
  /** 0 … 254 from `min` to `max`; 255 is missing. */
  shades: Uint8Array;
}

export type Colored = Categorised | Shaded;

/**
 * What the panels are drawn by. Those that have a category in common share all of theirs, so that the same name has the
 * same colour; the others have their own.
 */
export function coloredPanels(panels: readonly EmbeddingPanel[]): { common: Shown[]; colored: Colored[] } {
  const known = new Set<string>();
  const sharing = panels.filter(isCategorical).filter(({ categories }, first) => {
    const alike = first === 0 || categories.some((name) => known.has(name));
    if (alike) for (const name of categories) known.add(name);
    return alike;
  });
  const names = [...known];
  const index = new Map(names.map((name, c) => [name, c]));
  const codes = new Map(
    sharing.map((panel) => {
      const common = panel.categories.map((name) => index.get(name)!);
      return [panel, countedThrough(panel.codes, (code) => (code < 0 ? names.length : common[code]))];
    }),
  );
  const common = sharing.length > 0 ? shownCategories(names, codes.get(sharing[0])!) : [];
  const colored = panels.map((panel): Colored => {
    const shared = codes.get(panel as CategoryPanel);
    if (!shared) return coloredAlone(panel);
    const { title, probabilities } = panel as CategoryPanel;
    return { title: shownName(title), categories: common, codes: shared, probabilities, own: false };
  });
  return { common, colored };
}

/** A colouring by itself. */
export function coloredAlone(panel: EmbeddingPanel): Colored {
  if (!isCategorical(panel)) return shaded(panel);
  const { categories, probabilities } = panel;
  const codes = countedThrough(panel.codes, (code) => (code < 0 ? categories.length : code));
  const shown = shownCategories(categories, codes);
  return { title: shownName(panel.title), categories: shown, codes, probabilities, own: true };
}

/** A colouring as it travels in the notebook. */
export function panelData(colored: Colored): PanelData {
  const { title } = colored;
  if ("shades" in colored)
    return { title, min: colored.min, max: colored.max, shades: base64(colored.shades) };
  const { categories, codes, probabilities, own } = colored;
  return {
    title,
    ...encodeCodes(codes, categories.length),
    ...(probabilities && { probabilities: encodeProbabilities(probabilities) }),
    ...(own && { categories: [...categories] }),
  };
}

/**
 * What the ends of a number's palette stand for: the 1st and 99th percentile (NumPy's, linear) of the values that are not
 * 0, so that neither the many cells without nor the few with the most decide over the rest. From or to 0 where all of
 * them are the same.
 */
export function clippedRange(values: ArrayLike<number>): [min: number, max: number] {
  const sorted = Float64Array.from(values)
    .filter((value) => Number.isFinite(value) && value !== 0)
    .sort();
  if (sorted.length === 0) return [0, 0];
  const percentile = (share: number) => {
    const at = share * (sorted.length - 1);
    const before = sorted[Math.floor(at)];
    return before + (at % 1) * (sorted[Math.ceil(at)] - before);
  };
  const [min, max] = [percentile(0.01), percentile(0.99)];
  return min < max ? [min, max] : [Math.min(0, min), Math.max(0, max)];
}

export function isCategorical(panel: EmbeddingPanel): panel is CategoryPanel {
  return "codes" in panel;
}

function shaded({ title, values, range = clippedRange(values) }: NumberPanel): Shaded {
  const [min, max] = range;
  return { title: shownName(title), min, max, shades: shadesOf(values, min, max) };
}

/** Codes through another list: many times faster than `from` with a function. */
function countedThrough(codes: ArrayLike<number>, other: (code: number) => number): Uint16Array {
  const counted = new Uint16Array(codes.length);
  for (let i = 0; i < counted.length; i++) counted[i] = other(codes[i]);
  return counted;
}

function shownCategories(names: readonly string[], codes: ArrayLike<number>): Shown[] {
  const sizes = new Array<number>(names.length).fill(0);
  for (let i = 0; i < codes.length; i++) if (codes[i] < names.length) sizes[codes[i]]++;
  const colors = categoryColors(sizes);
  return shownNames(names).map((name, c) => ({ name, color: colors[c] }));
}
