/** The least and the largest of the finite values; 0 and 0 where there are none. */
export function extent(values: ArrayLike<number>): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : [0, 0];
}

/** 0 … size − 1. */
export function ascending(size: number): Uint32Array {
  const numbers = new Uint32Array(size);
  for (let i = 0; i < size; i++) numbers[i] = i;
  return numbers;
}

/**
 * 0 … size − 1 in an order that is the same each time: Fisher–Yates over a linear congruential generator (Park & Miller).
 * Cells are drawn in it, so that in sorted data no category covers all others.
 */
export function shuffled(size: number): Uint32Array {
  const order = ascending(size);
  let state = 42;
  for (let i = size - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const j = state % (i + 1);
    const last = order[i];
    order[i] = order[j];
    order[j] = last;
  }
  return order;
}

/** Values of cells in another order: whoever reads them one after the other then does so many times faster. */
export function inOrder<T extends Uint8Array | Uint16Array | Uint32Array | Float32Array>(
  values: T,
  order: Uint32Array,
): T {
  const sorted = new (values.constructor as new (size: number) => T)(order.length);
  for (let n = 0; n < order.length; n++) sorted[n] = values[order[n]];
  return sorted;
}

/** What newer browsers and Node do by themselves, many times faster than text by character. */
interface Faster {
  Buffer?: {
    from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: "base64"): string };
    from(text: string, encoding: "base64"): Uint8Array;
  };
  Uint8Array: {
    fromBase64?(text: string): Uint8Array;
    prototype: { toBase64?(this: Uint8Array): string };
  };
}
const faster = globalThis as unknown as Faster;

/** Base64 of the values' bytes. Little-endian, as the machines are that Node and browsers run on. */
export function base64(values: Uint8Array | Uint16Array | Uint32Array): string {
  const { buffer, byteOffset, byteLength } = values;
  if (faster.Buffer) return faster.Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const { toBase64 } = faster.Uint8Array.prototype;
  if (toBase64) return toBase64.call(bytes);
  // Characters are made of some bytes at a time: a function takes so many arguments only.
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/**
 * The bytes of base64.
 * @throws when a browser meets what is none
 */
export function bytesOf(text: string): Uint8Array {
  // A copy: Node hands out small pieces of a buffer that others write to.
  if (faster.Buffer) return Uint8Array.from(faster.Buffer.from(text, "base64"));
  if (faster.Uint8Array.fromBase64) return faster.Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** Little-endian bytes as numbers. */
export function uint16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.slice().buffer, 0, bytes.length >> 1);
}

/** Little-endian bytes as numbers. */
export function uint32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer, 0, bytes.length >> 2);
}

/** Whole numbers below 2^bits (at most 16) one after the other, the lowest bit of each first. */
export function packed(values: ArrayLike<number>, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  let [held, count, at] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    held |= values[i] << count;
    count += bits;
    for (; count >= 8; count -= 8) {
      bytes[at++] = held & 255;
      held >>>= 8;
    }
  }
  if (count > 0) bytes[at] = held;
  return bytes;
}

/** What {@link packed} packed. */
export function unpacked(bytes: Uint8Array, bits: number, size: number): Uint8Array | Uint16Array {
  const values = bits > 8 ? new Uint16Array(size) : new Uint8Array(size);
  const mask = 2 ** bits - 1;
  let [held, count, at] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    for (; count < bits; count += 8) held |= bytes[at++] << count;
    values[i] = held & mask;
    held >>>= bits;
    count -= bits;
  }
  return values;
}
