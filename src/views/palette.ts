/**
 * Colours of categories, told apart by trichromats and by eyes with protanopia, deuteranopia or tritanopia alike.
 * The first six are Okabe & Ito's (2008). Each further one was chosen out of a grid of sRGB as the one that is
 * farthest, in OKLab, from those before it under the worst of the four kinds of vision (Machado et al. 2009).
 * Lightness stays between those of black and white text, so that they serve light and dark pages.
 */
export const PALETTE: readonly string[] = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#d55e00",
  "#cc79a7",
  "#56b4e9",
  "#640f1f",
  "#2e009b",
  "#9b00ff",
  "#5d5500",
  "#a22e6c",
  "#3ef774",
  "#aa74ff",
  "#5d2ec9",
  "#9bb98b",
  "#4d2764",
  "#8b644d",
  "#ffc900",
  "#c13ed1",
  "#005546",
  "#d1aac1",
  "#c90093",
  "#7c2783",
  "#a2c9ff",
  "#b90017",
  "#645d8b",
  "#8393d1",
  "#8b8346",
  "#b29b4d",
  "#8b273e",
  "#5dd874",
  "#ff55c9",
  "#8364e8",
  "#aa5574",
  "#ff3e8b",
  "#0008b9",
  "#ff7cf0",
  "#b2d19b",
  "#e87c00",
  "#5555b9",
];

/** Cells without a category, and categories beyond the palette. Readable on white and on black. */
export const OTHERS = "#b4b4b4";

/**
 * A colour for each category, in their order. When there are more than the palette has, the largest get colours and
 * the others are grey: more hues could not be told apart.
 *
 * @param sizes [categories]: number of cells of each.
 */
export function categoryColors(sizes: readonly number[]): string[] {
  const colors = new Array<string>(sizes.length).fill(OTHERS);
  const coloured =
    sizes.length <= PALETTE.length
      ? sizes.map((_, c) => c)
      : sizes
          .map((_, c) => c)
          .sort((a, b) => sizes[b] - sizes[a] || a - b)
          .slice(0, PALETTE.length)
          .sort((a, b) => a - b);
  coloured.forEach((category, c) => {
    colors[category] = PALETTE[c];
  });
  return colors;
}
