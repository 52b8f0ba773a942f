import { crc32, deflateSync } from "node:zlib";
import { fewColors } from "./fewColors.js";

/** Kinds of pictures, as their header names them. */
const INDEXED = 3;
const RGBA = 6;

/**
 * A picture as PNG (https://www.w3.org/TR/png/), quickly rather than small.
 * @param rgba [height × width × 4]: red, green, blue and opacity, not multiplied
 */
export function encodePng(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Buffer {
  return file(header(width, height, RGBA), [
    chunk("IDAT", deflateSync(lines(rgba, 4 * width), { level: 1 })),
  ]);
}

/**
 * An opaque picture as PNG of 256 colours at most.
 * @param rgba [height × width × 4]; the opacity is not looked at
 */
export function encodeIndexed(rgba: Uint8Array, width: number, height: number): Buffer {
  const { palette, indices } = fewColors(rgba);
  return file(header(width, height, INDEXED), [
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(lines(indices, width), { level: 6 })),
  ]);
}

/** Each line of pixels with its filter before: none. */
function lines(pixels: Uint8Array | Uint8ClampedArray, stride: number): Uint8Array {
  const height = pixels.length / stride;
  const filtered = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row++)
    filtered.set(pixels.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  return filtered;
}

function header(width: number, height: number, kind: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  // Bits for each number.
  data.set([8, kind], 8);
  return chunk("IHDR", data);
}

function file(head: Buffer, chunks: Buffer[]): Buffer {
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, head, ...chunks, chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
