/** The least and the largest of the finite values; 0 and 0 where there are none. */
export function extent(values: ArrayLike<number>): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  return min <= max ? [min, max] : [0, 0];
}

/**
 * 0 … size − 1 in an order that is the same each time: Fisher–Yates over a linear congruential generator (Park & Miller).
 * Cells are drawn in it, so that in sorted data no category covers all others.
 */
export function shuffled(size: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  let state = 42;
  for (let i = size - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Base64 of the values' bytes. Little-endian, as the machines are that Node and browsers run on. */
export function base64(values: Uint8Array | Uint16Array | Uint32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  // Characters are made of some bytes at a time: a function takes so many arguments only.
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** The bytes of base64. */
export function bytesOf(text: string): Uint8Array {
  const characters = atob(text);
  return Uint8Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
}

/** Little-endian bytes as numbers. */
export function uint16(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
}

/** Little-endian bytes as numbers. */
export function uint32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer, 0, bytes.length >> 2);
}
