import { halfToNumber } from "./hdf5/decode.js";

/** What stored numbers are converted to. */
export type Numbers = Float32Array | Float64Array | Int32Array;

/** Copies `count` elements at byte `from` to `target`; false where a number would not survive. */
export type Convert = (
  buffer: ArrayBufferLike,
  from: number,
  count: number,
  target: Numbers,
  at: number,
) => boolean;

type View = new (buffer: ArrayBufferLike, from: number, count: number) => ArrayLike<number>;

function view(View: View): Convert {
  return (buffer, from, count, target, at) => {
    target.set(new View(buffer, from, count), at);
    return true;
  };
}

/** 64-bit integers by their 32-bit halves: many times faster than by way of `bigint`. */
function wide(signed: boolean): Convert {
  return (buffer, from, count, target, at) => {
    const low = new Uint32Array(buffer, from, 2 * count);
    const high = new Int32Array(buffer, from, 2 * count);
    const index = target instanceof Int32Array;
    for (let i = 0; i < count; i++) {
      const top = high[2 * i + 1];
      if (top > 0x1fffff || top < (signed ? -0x200000 : 0)) return false;
      // An index beyond 32 bits must not wrap round to a valid one: −1 is out of every range.
      target[at + i] = index && top !== 0 ? -1 : top * 4294967296 + low[2 * i];
    }
    return true;
  };
}

/** How numbers of each NumPy type are converted; little-endian. */
export const CONVERT: Readonly<Record<string, Convert | undefined>> = {
  int8: view(Int8Array),
  uint8: view(Uint8Array),
  bool: view(Uint8Array),
  int16: view(Int16Array),
  uint16: view(Uint16Array),
  int32: view(Int32Array),
  uint32: view(Uint32Array),
  int64: wide(true),
  uint64: wide(false),
  float16: (buffer, from, count, target, at) => {
    const halves = new Uint16Array(buffer, from, count);
    for (let i = 0; i < count; i++) target[at + i] = halfToNumber(halves[i]);
    return true;
  },
  float32: view(Float32Array),
  float64: view(Float64Array),
};

/** An array that holds every value of the NumPy type: float32 up to 24 bits of integer, else float64. */
export function arrayFor(dtype: string, length: number): Float32Array | Float64Array {
  const narrow = ["int8", "uint8", "bool", "int16", "uint16", "float16", "float32"];
  return narrow.includes(dtype) ? new Float32Array(length) : new Float64Array(length);
}
