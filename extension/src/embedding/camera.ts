/** What part of an embedding is in view. Coordinates are the embedding's, −1 … 1, y upwards. */
export interface Camera {
  /** The middle of the view. */
  x: number;
  y: number;
  /** 1 where the whole embedding fills the view, 2 where half of it does. */
  zoom: number;
}

/** The whole embedding. */
export const WHOLE: Camera = { x: 0, y: 0, zoom: 1 };

/** Beyond these, there is nothing to be seen. */
const LEAST = 0.5;
const MOST = 400;

/** A place of a plot, in CSS pixels from its upper left corner. */
export interface Spot {
  left: number;
  top: number;
}

/** Where on a square plot a place of the embedding is seen. */
export function seenAt({ x, y, zoom }: Camera, side: number, ex: number, ey: number): Spot {
  return { left: (((ex - x) * zoom + 1) / 2) * side, top: ((1 - (ey - y) * zoom) / 2) * side };
}

/** The place of the embedding that is seen at a spot of a square plot. */
export function placeAt({ x, y, zoom }: Camera, side: number, { left, top }: Spot): [number, number] {
  return [x + ((2 * left) / side - 1) / zoom, y + (1 - (2 * top) / side) / zoom];
}

/** The camera after what was seen has been dragged by so many pixels: to the right and downwards. */
export function dragged(camera: Camera, side: number, right: number, down: number): Camera {
  const scale = 2 / side / camera.zoom;
  return held({ ...camera, x: camera.x - right * scale, y: camera.y + down * scale });
}

/** The camera so many times nearer, with what is seen at a spot staying there. */
export function zoomed(camera: Camera, side: number, factor: number, at: Spot): Camera {
  const [x, y] = placeAt(camera, side, at);
  const zoom = Math.min(MOST, Math.max(LEAST, camera.zoom * factor));
  const share = camera.zoom / zoom;
  return held({ x: x - (x - camera.x) * share, y: y - (y - camera.y) * share, zoom });
}

/** The camera moved to show a place in its middle, unless that is well in view. */
export function showing(camera: Camera, x: number, y: number): Camera {
  const out = Math.max(Math.abs(x - camera.x), Math.abs(y - camera.y)) * camera.zoom;
  return out < 0.9 ? camera : held({ ...camera, x, y });
}

/** Something of the embedding stays in view. */
function held({ x, y, zoom }: Camera): Camera {
  return { x: Math.min(1, Math.max(-1, x)), y: Math.min(1, Math.max(-1, y)), zoom };
}
