import type { Embedding } from "./decode.js";

/** Least relative luminance (WCAG) on a dark page: three times the contrast of its background. */
const LEAST = 0.13;

/** The embedding with colours for the page's theme: the darkest are lightened on a dark page, else they drown in it. */
export function themed(embedding: Embedding): Embedding {
  if (document.body.dataset.jpThemeLight !== "false") return embedding;
  const categories = embedding.categories.map(({ name, color }) => ({ name, color: lightened(color) }));
  return { ...embedding, categories };
}

/** Mixes in white until the colour is light enough. */
function lightened(color: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
  let mixed = channels;
  for (let white = 0.1; luminance(mixed) < LEAST; white += 0.1) {
    mixed = channels.map((channel) => channel + (1 - channel) * white);
  }
  return `#${mixed
    .map((channel) =>
      Math.round(255 * channel)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

function luminance([r, g, b]: number[]): number {
  const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
