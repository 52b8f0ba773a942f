import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The family of every static picture. It comes with us, because servers often have no fonts at all. */
export const FONT_FAMILY = "Inter";

const resolve = createRequire(import.meta.url).resolve;
const FILES = {
  regular: "@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf",
  bold: "@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf",
} as const;

/** Paths of the TrueType files of {@link FONT_FAMILY}. */
export function fontFiles(): string[] {
  return Object.values(FILES).map((file) => resolve(file));
}

/** True when the font that comes with us has a glyph for every character of the text. */
export function hasGlyphs(text: string): boolean {
  const { advances } = metrics("regular");
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code > 0x20 && !advances.has(code)) return false;
  }
  return true;
}

/** Width of one line of text in the unit of `size`. Kerning is left out: it is under 1 % in labels. */
export function textWidth(text: string, size: number, bold = false): number {
  const { advances, fallback } = metrics(bold ? "bold" : "regular");
  let width = 0;
  for (const character of text) width += advances.get(character.codePointAt(0)!) ?? fallback;
  return width * size;
}

interface Metrics {
  /** Advance of each character by code point, in units of the font size. */
  advances: Map<number, number>;
  /** Advance assumed for a character that the font lacks: a full-width one. */
  fallback: number;
}

const cache = new Map<keyof typeof FILES, Metrics>();

function metrics(weight: keyof typeof FILES): Metrics {
  const known = cache.get(weight);
  if (known) return known;
  const read = { advances: readAdvances(readFileSync(resolve(FILES[weight]))), fallback: 1 };
  cache.set(weight, read);
  return read;
}

/**
 * Advances of the Basic Multilingual Plane from the tables `cmap` (format 4) and `hmtx`.
 * Format: https://learn.microsoft.com/typography/opentype/spec/
 */
function readAdvances(file: Buffer): Map<number, number> {
  const font = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tables = new Map<string, number>();
  for (let t = 0; t < font.getUint16(4); t++) {
    const record = 12 + 16 * t;
    tables.set(file.toString("latin1", record, record + 4), font.getUint32(record + 8));
  }
  const unitsPerEm = font.getUint16(tables.get("head")! + 18);
  const metricsCount = font.getUint16(tables.get("hhea")! + 34);
  const hmtx = tables.get("hmtx")!;
  const advance = (glyph: number) =>
    font.getUint16(hmtx + 4 * Math.min(glyph, metricsCount - 1)) / unitsPerEm;

  const advances = new Map<number, number>();
  const segmentsAt = unicodeSubtable(font, tables.get("cmap")!);
  const doubled = font.getUint16(segmentsAt + 6);
  const ends = segmentsAt + 14;
  const starts = ends + doubled + 2;
  const deltas = starts + doubled;
  const offsets = deltas + doubled;
  for (let s = 0; s < doubled; s += 2) {
    const first = font.getUint16(starts + s);
    const offset = font.getUint16(offsets + s);
    for (let code = first; code <= font.getUint16(ends + s) && code < 0xffff; code++) {
      let glyph = offset === 0 ? code : font.getUint16(offsets + s + offset + 2 * (code - first));
      if (offset === 0 || glyph !== 0) glyph = (glyph + font.getUint16(deltas + s)) & 0xffff;
      if (glyph !== 0) advances.set(code, advance(glyph));
    }
  }
  return advances;
}

function unicodeSubtable(font: DataView, cmap: number): number {
  for (let t = 0; t < font.getUint16(cmap + 2); t++) {
    const subtable = cmap + font.getUint32(cmap + 4 + 8 * t + 4);
    if (font.getUint16(subtable) === 4) return subtable;
  }
  throw new Error("The font has no character map of format 4 (Basic Multilingual Plane).");
}
