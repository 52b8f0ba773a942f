/**
 * Least to most, as ColorBrewer's YlGnBu (Harrower & Brewer 2003), which eyes of every kind can follow: the least
 * recedes into the page, so that on a dark one the order of light and dark is the other way round.
 */
const YELLOW_BLUE = {
  light: ["#e9e5c9", "#7cc9b5", "#2a7fb8", "#081d58"],
  dark: ["#25346b", "#2a7fb8", "#7cc9b5", "#f6f0c0"],
};

/** matplotlib's default (Smith & van der Walt 2015), in eighths; the same on any page. */
const VIRIDIS = [
  ...["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c"],
  ...["#28ae80", "#5ec962", "#addc30", "#fde725"],
];

/** The kind of page that colours stand on. */
export type Ground = keyof typeof YELLOW_BLUE;

const PALETTES = { "yellow-blue": YELLOW_BLUE, viridis: { light: VIRIDIS, dark: VIRIDIS } };

export type PaletteName = keyof typeof PALETTES;

/** Steps of a number's palette: what `shades` of a {@link NumberPanelData} count through, but for what is missing. */
export const SHADES = 255;

/** The colours of the shades 0 … 254 of a number, as CSS. */
export function sequential(ground: Ground, palette: PaletteName = "yellow-blue"): string[] {
  const stops = PALETTES[palette][ground].map(rgb);
  return Array.from({ length: SHADES }, (_, shade) => {
    const at = (shade * (stops.length - 1)) / (SHADES - 1);
    const before = Math.min(Math.floor(at), stops.length - 2);
    const channels = stops[before].map((value, c) => value + (at - before) * (stops[before + 1][c] - value));
    return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
  });
}

function rgb(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
