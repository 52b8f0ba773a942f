import { inflateSync } from "node:zlib";

/** A decoded picture: `channels` bytes (3 or 4) a pixel, row by row. */
export interface Pixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** Decodes a PNG of 8-bit RGB or RGBA, which is what resvg and Chromium write, or of a palette. https://www.w3.org/TR/png/ */
export function decodePng(png: Buffer): Pixels {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const indexed = png[25] === 3;
  const channels = indexed ? 1 : png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  let palette = Buffer.alloc(0);
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const size = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const content = png.subarray(at + 8, at + 8 + size);
    if (type === "IDAT") parts.push(content);
    if (type === "PLTE") palette = Buffer.from(content);
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = channels * width;
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? data[y * stride + i - channels] : 0;
      const up = y > 0 ? data[(y - 1) * stride + i] : 0;
      const corner = i >= channels && y > 0 ? data[(y - 1) * stride + i - channels] : 0;
      const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
      const paeth = a <= b && a <= c ? left : b <= c ? up : corner;
      data[y * stride + i] = raw[y * (stride + 1) + 1 + i] + [0, left, up, (left + up) >> 1, paeth][filter];
    }
  }
  if (!indexed) return { width, height, channels, data };
  const colors = new Uint8Array(3 * data.length);
  data.forEach((index, p) => {
    colors.set(palette.subarray(3 * index, 3 * index + 3), 3 * p);
  });
  return { width, height, channels: 3, data: colors };
}

/** Size of a PNG and the share of its pixels that are clearly not white. */
export function inked(png: Buffer): { width: number; height: number; share: number } {
  const { width, height, channels, data } = decodePng(png);
  let dark = 0;
  for (let p = 0; p < data.length; p += channels) if (data[p] + data[p + 1] + data[p + 2] < 700) dark++;
  return { width, height, share: dark / (width * height) };
}

/** Share of a picture's pixels that are neither grey, black nor white. */
export function coloured({ width, height, channels, data }: ReturnType<typeof decodePng>): number {
  let found = 0;
  for (let p = 0; p < data.length; p += channels) {
    const channel = [data[p], data[p + 1], data[p + 2]];
    if (Math.max(...channel) - Math.min(...channel) > 40) found++;
  }
  return found / (width * height);
}
