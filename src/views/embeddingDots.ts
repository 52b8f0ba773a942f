import type { Colored } from "./coloring.js";
import {
  ascending,
  Crowd,
  type Dots,
  extent,
  inOrder,
  passesOf,
  Raster,
  SINGLE,
  sequential,
  shuffled,
} from "./contract.js";
import { PIXEL_RATIO } from "./picture.js";
import { encodePng } from "./png.js";

/** Where an embedding's cells lie in its picture: the plane −1 … 1, y upwards. */
export interface Places {
  /** [cells], NaN where a cell lies nowhere. */
  x: Float32Array;
  y: Float32Array;
  /** The cells that lie anywhere. */
  placed: Uint32Array;
}

/** @param reach how far the cells reach from the middle, 1 to the edge */
export function placesOf(x: ArrayLike<number>, y: ArrayLike<number>, reach: number): Places {
  const places = { x: centred(x, reach), y: centred(y, reach) };
  const placed = new Uint32Array(x.length);
  let count = 0;
  for (let i = 0; i < placed.length; i++) if (!Number.isNaN(places.x[i] + places.y[i])) placed[count++] = i;
  return { ...places, placed: placed.slice(0, count) };
}

/** Values from −reach to reach, those that are all the same in the middle; NaN where there is none. */
function centred(values: ArrayLike<number>, reach: number): Float32Array {
  const [min, max] = extent(values);
  const scale = max > min ? (2 * reach) / (max - min) : 0;
  const middle = min / 2 + max / 2;
  const places = new Float32Array(values.length);
  for (let i = 0; i < places.length; i++)
    places[i] = Number.isFinite(values[i]) ? (values[i] - middle) * scale : Number.NaN;
  return places;
}

/** What the shades of a number look like on white. */
export const SHADED = sequential("light");

const WHOLE = { x: 0, y: 0, reach: 1 };

/**
 * Panels' cells as SVG, a square picture each: by elements of SVG, a million cells take a hundred times as long. In the same
 * order, as large and as opaque as the page draws them.
 * @param side in pixels of CSS
 */
export function dotsOf(places: Places, side: number): (panel: Colored) => string {
  const order = inOrder(places.placed, shuffled(places.placed.length));
  const [x, y] = [inOrder(places.x, order), inOrder(places.y, order)];
  const density = new Crowd(x, y, ascending(order.length), null).density(WHOLE) / (side / 2) ** 2;
  const [{ size }] = passesOf(density, null, false);
  // Of a crowd of single pixels a finer picture has more noise, and many times the size.
  const ratio = size <= SINGLE ? 1 : PIXEL_RATIO;
  const raster = new Raster(side * ratio);
  return (panel) => {
    const shaded = "shades" in panel;
    const codes = inOrder(shaded ? panel.shades : panel.codes, order);
    const palette = shaded ? SHADED : panel.categories.map(({ color }) => color);
    const dots: Dots = { x, y, codes, palette, picked: null };
    raster.clear();
    const none = codes.some((code) => code >= palette.length);
    for (const pass of passesOf(density, null, none)) raster.draw(dots, WHOLE, pass, order.length, ratio);
    const png = encodePng(raster.bytes(), raster.side, raster.side).toString("base64");
    return `<image width="${side}" height="${side}" image-rendering="optimizeSpeed" href="data:image/png;base64,${png}"/>`;
  };
}
