import { extent } from "../../../../src/views/contract.js";
import { drawn, type Places } from "../places.js";

/** Where the cells lie, on the card: uint16 pairs in draw order, with what takes them back to the embedding's units. */
export interface PlaceBuffer {
  buffer: WebGLBuffer;
  /** The least x and y, and how far the largest are from there. */
  from: [number, number];
  across: [number, number];
}

const LARGEST = 65535;

/** Buffers by context and embedding, with how many plots use them. */
const buffers = new WeakMap<
  WebGL2RenderingContext,
  Map<Uint32Array, { place: PlaceBuffer; users: number }>
>();

/** The places' buffer: uploaded by the first plot of an embedding, shared by its panels. */
export function borrowPlaces(gl: WebGL2RenderingContext, places: Places): PlaceBuffer {
  const own = buffers.get(gl) ?? new Map<Uint32Array, { place: PlaceBuffer; users: number }>();
  buffers.set(gl, own);
  const entry = own.get(places.placed) ?? { place: upload(gl, places), users: 0 };
  own.set(places.placed, entry);
  entry.users++;
  return entry.place;
}

/** Frees the buffer when the last plot of the embedding gives it back. */
export function returnPlaces(gl: WebGL2RenderingContext, { placed }: Places): void {
  const entry = buffers.get(gl)?.get(placed);
  if (!entry || --entry.users > 0) return;
  gl.deleteBuffer(entry.place.buffer);
  buffers.get(gl)?.delete(placed);
}

function upload(gl: WebGL2RenderingContext, places: Places): PlaceBuffer {
  const { x, y } = drawn(places);
  const extents = [x, y].map(extent);
  const pairs = new Uint16Array(2 * x.length);
  [x, y].forEach((values, axis) => {
    const [least, most] = extents[axis];
    const scale = most > least ? LARGEST / (most - least) : 0;
    for (let n = 0; n < values.length; n++) pairs[2 * n + axis] = Math.round((values[n] - least) * scale);
  });
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, pairs, gl.STATIC_DRAW);
  const [[left, right], [low, high]] = extents;
  return { buffer, from: [left, low], across: [right - left, high - low] };
}
