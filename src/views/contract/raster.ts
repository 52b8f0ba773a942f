import { BEHIND, NONE, NORMAL, type Pass, PICKED, UNCOLORED } from "./dots.js";

/** Cells to be drawn, the first lowest. */
export interface Dots {
  /** [cells] each. */
  x: Float32Array;
  y: Float32Array;
  /** [cells]: index into the palette; beyond it, none. */
  codes: Uint8Array | Uint16Array;
  /** Colours as #rrggbb. */
  palette: readonly string[];
  /** [cells]: 1 where picked; null when none are. */
  picked: Uint8Array | null;
}

/** What of the plane is in a picture: its middle, and how far it reaches from there. */
export interface Window {
  x: number;
  y: number;
  reach: number;
}

/** Red, green and blue of #rrggbb, 0 … 255. */
export function channelsOf(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A square picture that cells are drawn into by the processor, where graphics would take longer or are not there. */
export class Raster {
  readonly side: number;
  /** [side × side × 4], colours multiplied by their opacity: eight bits would lose the faint ones. */
  readonly #pixels: Float32Array;

  /** @param side in pixels */
  constructor(side: number) {
    this.side = side;
    this.#pixels = new Float32Array(side * side * 4);
  }

  clear(): void {
    this.#pixels.fill(0);
  }

  /**
   * Draws the first `count` of the cells that belong to a pass: round and smooth, or single pixels where they are no larger.
   * @param ratio pixels for each of CSS
   */
  draw({ x, y, codes, palette, picked }: Dots, view: Window, pass: Pass, count: number, ratio: number): void {
    const none = palette.length;
    const colors = Float64Array.from(
      [...palette, UNCOLORED].flatMap((color) => channelsOf(pass.behind ? BEHIND : color)),
    );
    const { side } = this;
    const { opacity, layers } = pass;
    const scale = side / (2 * view.reach);
    const [left, top] = [side / 2 - view.x * scale, side / 2 + view.y * scale];
    const radius = (pass.size * ratio) / 2;
    const single = radius <= SINGLE / 2;
    const margin = single ? 0 : radius + 1;
    const end = side + margin;
    for (let n = 0; n < count; n++) {
      const code = Math.min(codes[n], none);
      const layer = picked !== null && picked[n] !== 0 ? PICKED : code < none ? NORMAL : NONE;
      if ((layers & layer) === 0) continue;
      const across = left + x[n] * scale;
      const down = top - y[n] * scale;
      if (!(across >= -margin && across < end && down >= -margin && down < end)) continue;
      const [r, g, b] = [colors[3 * code], colors[3 * code + 1], colors[3 * code + 2]];
      if (single) this.#blend(Math.trunc(across), Math.trunc(down), r, g, b, opacity);
      else this.#disc(across, down, radius, r, g, b, opacity);
    }
  }

  #disc(left: number, top: number, radius: number, r: number, g: number, b: number, opacity: number): void {
    const reach = radius + 0.5;
    const [first, last] = [Math.floor(left - reach), Math.floor(left + reach)];
    const bottom = Math.floor(top + reach);
    for (let row = Math.floor(top - reach); row <= bottom; row++) {
      for (let column = first; column <= last; column++) {
        const across = column + 0.5 - left;
        const down = row + 0.5 - top;
        const covered = reach - Math.sqrt(across * across + down * down);
        if (covered > 0) this.#blend(column, row, r, g, b, covered < 1 ? opacity * covered : opacity);
      }
    }
  }

  #blend(column: number, row: number, r: number, g: number, b: number, opacity: number): void {
    if (column < 0 || row < 0 || column >= this.side || row >= this.side) return;
    const pixels = this.#pixels;
    const p = (row * this.side + column) * 4;
    const kept = 1 - opacity;
    pixels[p] = pixels[p] * kept + r * opacity;
    pixels[p + 1] = pixels[p + 1] * kept + g * opacity;
    pixels[p + 2] = pixels[p + 2] * kept + b * opacity;
    pixels[p + 3] = pixels[p + 3] * kept + opacity;
  }

  /** [side × side × 4]: red, green, blue and opacity, 0 … 255, not multiplied. */
  bytes(): Uint8ClampedArray<ArrayBuffer> {
    const pixels = this.#pixels;
    const bytes = new Uint8ClampedArray(pixels.length);
    for (let p = 0; p < pixels.length; p += 4) {
      const opacity = pixels[p + 3];
      if (opacity === 0) continue;
      bytes[p] = pixels[p] / opacity;
      bytes[p + 1] = pixels[p + 1] / opacity;
      bytes[p + 2] = pixels[p + 2] / opacity;
      bytes[p + 3] = 255 * opacity;
    }
    return bytes;
  }
}

/** Dots of at most so many pixels across are single pixels. */
export const SINGLE = 1.25;
