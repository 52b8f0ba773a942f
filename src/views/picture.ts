import { crc32 } from "node:zlib";
import type { MimeBundle } from "../host/host.js";
import { writeFileAtomically } from "../support/atomic.js";
import { printable } from "../support/printable.js";
import { whenAsked } from "../support/whenAsked.js";
import { FONT_FAMILY, fontFiles, hasGlyphs } from "./font.js";
import { encodeIndexed } from "./png.js";

const resvg = whenAsked<typeof import("@resvg/resvg-js")>("@resvg/resvg-js");

/** Device pixels for each CSS pixel of a static picture: sharp on dense screens and in slides. */
export const PIXEL_RATIO = 2;

/** Most pixels of a picture: a larger drawing is drawn less sharply. */
const MOST_PIXELS = 16e6;

/**
 * Draws an SVG document as a PNG on white, {@link PIXEL_RATIO} pixels a unit unless that were too many.
 * The text is set in the font that comes with us; the system's fonts are only read (which is slow)
 * when the document has characters that ours lacks.
 */
export function pngOf(source: string): Buffer {
  const { image, zoom } = drawing(source);
  return dense(image.asPng(), zoom);
}

/** {@link pngOf} in 256 colours at most: a third of the size where cells' colours mix, and a viewer sees no difference. */
export function smallPngOf(source: string): Buffer {
  const { image, zoom } = drawing(source);
  return dense(encodeIndexed(image.pixels, image.width, image.height), zoom);
}

function drawing(source: string): { image: import("@resvg/resvg-js").RenderedImage; zoom: number } {
  // What others drew, Vega among them, may hold what no XML may.
  const svg = printable(source);
  const text = svg.replace(/<[^>]*>/g, "");
  const { Resvg } = resvg();
  const zoom = zoomOf(svg);
  const drawing = new Resvg(svg, {
    background: "white",
    fitTo: { mode: "zoom", value: zoom },
    font: {
      fontFiles: fontFiles(),
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
      loadSystemFonts: !hasGlyphs(text),
    },
  });
  return { image: drawing.render(), zoom };
}

/** A PNG's signature and IHDR, after which others may stand. */
const HEADER = 33;
/** Pixels a metre where CSS has one a unit. */
const CSS_DENSITY = 96 / 0.0254;

/**
 * A PNG that says how dense its pixels are (a `pHYs` chunk: PNG specification, 11.3.4.3), so that slides, documents and
 * notebooks show it at the size of the drawing.
 */
function dense(png: Buffer, zoom: number): Buffer {
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9, 0);
  chunk.write("pHYs", 4, "latin1");
  const density = Math.round(zoom * CSS_DENSITY);
  chunk.writeUInt32BE(density, 8);
  chunk.writeUInt32BE(density, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, HEADER), chunk, png.subarray(HEADER)]);
}

function zoomOf(svg: string): number {
  const [, width, height] = /^<svg[^>]*? width="([\d.]+)"[^>]*? height="([\d.]+)"/.exec(svg) ?? [];
  return Math.min(PIXEL_RATIO, Math.sqrt(MOST_PIXELS / (Number(width) * Number(height))) || PIXEL_RATIO);
}

/** The bundle's static picture as MIME data: PNG travels as base64 in Jupyter's messages. */
export function pictureOf(svg: string): MimeBundle {
  return { "image/png": pngOf(svg).toString("base64") };
}

/**
 * Writes the static picture of a bundle to a file.
 * @throws when the bundle has no `image/png`.
 * @example
 * await writePng(await confusionView(report.metrics), "confusion.png");
 */
export async function writePng(bundle: MimeBundle, path: string): Promise<void> {
  const picture = bundle["image/png"];
  if (typeof picture !== "string") {
    throw new Error(
      `${path} was not written: the view has no static picture, only ${Object.keys(bundle).join(", ")}.`,
    );
  }
  writeFileAtomically(path, [Buffer.from(picture, "base64")]);
}
