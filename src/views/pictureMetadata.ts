import type { MimeBundle } from "../host/host.js";

/** What pages take from an output's metadata to show its picture. */
interface PictureMetadata {
  /** In CSS pixels; of pictures that are drawn more densely than a screen's 96 pixels an inch. */
  width?: number;
  height?: number;
  /** For those who don't see it, as nbconvert's templates know it. */
  alt?: string;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Pixels a metre of a picture that has as many as CSS has. */
const CSS_DENSITY = 96 / 0.0254;
/** Where the size of a PNG stands, and how far its density is looked for: in characters of base64. */
const HEAD = 4096;
/** A description is heard from beginning to end. */
const LONGEST = 300;

/**
 * How large a bundle's picture is to be shown and what it shows, so that HTML exports and GitHub, which know no more of an
 * output than this, show a picture for dense screens at its size and with its text.
 */
export function pictureMetadata(data: MimeBundle): Record<string, PictureMetadata> {
  const png = data["image/png"];
  if (typeof png !== "string") return {};
  const alt = description(data["text/plain"]);
  const found = { ...shownSize(Buffer.from(png.slice(0, HEAD), "base64")), ...(alt && { alt }) };
  return Object.keys(found).length > 0 ? { "image/png": found } : {};
}

/** The first paragraph of a bundle's text; bytes without a view are not described by their number. */
function description(text: unknown): string | undefined {
  if (typeof text !== "string" || text.startsWith("image/")) return undefined;
  const said = text
    .trim()
    .split(/\n\s*\n/)[0]
    .replace(/\s+/g, " ");
  return said.length > LONGEST ? `${said.slice(0, LONGEST - 1)}…` : said || undefined;
}

/** By the PNG's `pHYs` chunk (PNG specification, 11.3.4.3). */
function shownSize(png: Buffer): Pick<PictureMetadata, "width" | "height"> {
  if (!png.subarray(0, 8).equals(SIGNATURE)) return {};
  for (let at = 8; at + 17 <= png.length; at += 12 + png.readUInt32BE(at)) {
    const type = png.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") break;
    if (type !== "pHYs") continue;
    const [across, down] = [png.readUInt32BE(at + 8), png.readUInt32BE(at + 12)];
    const metres = png[at + 16] === 1;
    if (!metres || Math.min(across, down) <= CSS_DENSITY) break;
    return {
      width: Math.round((png.readUInt32BE(16) * CSS_DENSITY) / across),
      height: Math.round((png.readUInt32BE(20) * CSS_DENSITY) / down),
    };
  }
  return {};
}
