import type { Coloring } from "./decode.js";

/** Least relative luminance (WCAG) on a dark page: three times the contrast of its background. */
const LEAST = 0.13;
/** How many colours a number has. */
const SHADES = 255;
/**
 * From little to much, on a light page (ColorBrewer's BuPu without its palest; Brewer 2003) and on a dark one (viridis
 * without its darkest; van der Walt & Smith 2015): even steps of lightness for every kind of vision, much being far from the page's colour.
 */
const RISING = {
  light: ["#d3dfeb", "#bfd3e6", "#9ebcda", "#8c96c6", "#8c6bb1", "#88419d", "#810f7c", "#4d004b"].map(
    channels,
  ),
  dark: ["#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"].map(
    channels,
  ),
};

/**
 * A colouring's colours by code, as #rrggbb: on a dark page those of categories that would drown in it are lightened;
 * of numbers, the larger the farther from the page's.
 */
export function paletteOf({ categories }: Coloring, dark: boolean): string[] {
  if (categories) return categories.map(({ color }) => (dark ? lightened(color) : color));
  const ends = dark ? RISING.dark : RISING.light;
  return Array.from({ length: SHADES }, (_, shade) => hex(between(ends, shade / (SHADES - 1))));
}

/** The colour at a share of the way through some. */
function between(colors: readonly number[][], share: number): number[] {
  const at = share * (colors.length - 1);
  const below = Math.min(colors.length - 2, Math.floor(at));
  return colors[below].map((low, c) => low + (colors[below + 1][c] - low) * (at - below));
}

/** Mixes in white until the colour is light enough. */
function lightened(color: string): string {
  const own = channels(color);
  let mixed = own;
  for (let white = 0.1; luminance(mixed) < LEAST; white += 0.1) {
    mixed = own.map((channel) => channel + (1 - channel) * white);
  }
  return hex(mixed);
}

/** Red, green and blue of #rrggbb, 0 … 1. */
function channels(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
}

function hex(mixed: readonly number[]): string {
  const two = (channel: number) =>
    Math.round(255 * channel)
      .toString(16)
      .padStart(2, "0");
  return `#${mixed.map(two).join("")}`;
}

function luminance([r, g, b]: readonly number[]): number {
  const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
