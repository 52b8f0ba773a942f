/** Ascending numbers below `count`, evenly spread, `most` of them at most. */
export function spread(count: number, most: number): Int32Array {
  const size = Math.min(count, most);
  return Int32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}
