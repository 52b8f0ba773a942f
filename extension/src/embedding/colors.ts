import { sequential } from "../../../src/views/contract.js";
import { preferences } from "../preferences.js";
import type { Coloring } from "./decode.js";

/** Least relative luminance (WCAG) on a dark page: three times the contrast of its background. */
const LEAST = 0.13;
/**
 * A colouring's colours by code, as #rrggbb: on a dark page those of categories that would drown in it are lightened;
 * of numbers, the larger the farther from the page's.
 */
export function paletteOf({ categories }: Coloring, dark: boolean): string[] {
  if (categories) return categories.map(({ color }) => (dark ? lightened(color) : color));
  return sequential(dark ? "dark" : "light", preferences().palette);
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
