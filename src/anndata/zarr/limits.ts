/** Bytes that a small chunk may unpack to, and how many times its stored size a large one. */
const SMALL_BYTES = 2 ** 26;
const MOST_RATIO = 256;

/** Most bytes that `stored` bytes may stand for: a store's declared sizes are not believed. */
export function unpackedLimit(stored: number): number {
  return SMALL_BYTES + MOST_RATIO * stored;
}
