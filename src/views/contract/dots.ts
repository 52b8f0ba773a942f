/** How dots are drawn: diameter in pixels of CSS, opacity of each. */
export interface DotStyle {
  size: number;
  opacity: number;
}

/** Layers of an embedding, the lowest first: cells without a category, with one, and those that are picked. */
export const NONE = 1;
export const NORMAL = 2;
export const PICKED = 4;

/** Colour of cells without a category, and of all that stand behind those that were picked: seen on light and dark alike. */
export const UNCOLORED = "#b4b4b4";
export const BEHIND = "#909090";

/** One round over the cells. */
export interface Pass extends DotStyle {
  /** {@link NONE}, {@link NORMAL}, {@link PICKED} or a sum of them. */
  layers: number;
  /** All in the colour {@link BEHIND}. */
  behind: boolean;
}

/** What the area of a dot is of a cell's share of the plane, where cells lie as densely as on the average. */
const COVER = 0.9;
const LEAST = 1;
const MOST = 6;

/** How opaque a place becomes where as many cells lie as on the average, of what one alone is. */
const SEEN = 0.9;
/** How opaque a cell alone is: as all are, as one of those that were picked, or behind them. */
const ALONE = 1;
const ALONE_BEHIND = 0.2;

/**
 * The rounds in which an embedding is drawn. The denser the cells lie, the smaller they are, and where even the smallest
 * would cover one another, the fainter: so that density and mixture are seen rather than one blot.
 * @param density cells for each pixel of CSS, where there are any
 * @param picked that of the picked cells; null when none are
 * @param none whether some cells have no category
 */
export function passesOf(density: number, picked: number | null, none: boolean): Pass[] {
  const { size } = style(density, LEAST, MOST, ALONE);
  if (picked === null) {
    const all = { ...style(density, LEAST, MOST, ALONE), behind: false };
    return none ? [NONE, NORMAL].map((layers) => ({ ...all, layers })) : [{ ...all, layers: NORMAL }];
  }
  return [
    { ...style(density, LEAST, MOST, ALONE_BEHIND), layers: NONE | NORMAL, behind: true },
    { ...style(picked, size + 1, Math.max(5, size + 1.5), ALONE), layers: PICKED, behind: false },
  ];
}

/** Opacities below are lost in the rounding of eight bits. */
const FAINTEST = 0.02;

function style(density: number, least: number, most: number, whole: number): DotStyle {
  const alone = Math.sqrt((4 * COVER) / (Math.PI * density));
  const size = Math.max(least, Math.min(most, alone));
  const layers = Math.max(1, density * (Math.PI / 4) * size * size);
  return { size, opacity: Math.max(FAINTEST, (whole * (1 - (1 - SEEN) ** (1 / layers))) / SEEN) };
}
