/** Elements of a fixed number of bytes, or texts. */
export type Elements = Uint8Array | string[];

/**
 * Copies the part of a chunk that lies in an array, both row by row.
 *
 * @param origin where in the array the chunk begins; before it for an array that is a part of another
 * @param width bytes of one element; 1 for texts
 */
export function copyChunk(
  chunk: { data: Elements; shape: readonly number[] },
  target: { data: Elements; shape: readonly number[] },
  origin: readonly number[],
  width: number,
): void {
  const rank = target.shape.length;
  const from = origin.map((start) => Math.max(0, -start));
  const to = origin.map((start, i) => Math.min(chunk.shape[i], target.shape[i] - start));
  if (to.some((end, i) => end <= from[i])) return;
  const last = rank - 1;
  const run = rank === 0 ? 1 : to[last] - from[last];
  const index = from.slice(0, Math.max(0, last));
  for (;;) {
    let source = 0;
    let place = 0;
    for (let axis = 0; axis < rank; axis++) {
      const at = axis === last ? from[last] : index[axis];
      source = source * chunk.shape[axis] + at;
      place = place * target.shape[axis] + origin[axis] + at;
    }
    copyRun(chunk.data, target.data, source * width, place * width, run * width);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      if (++index[axis] < to[axis]) break;
      index[axis] = from[axis];
    }
    if (axis < 0) return;
  }
}

function copyRun(source: Elements, target: Elements, from: number, at: number, count: number): void {
  if (Array.isArray(source) || Array.isArray(target)) {
    for (let i = 0; i < count; i++) (target as string[])[at + i] = (source as string[])[from + i];
  } else target.set(source.subarray(from, from + count), at);
}

/** As many elements that were never stored. */
export function filled(count: number, fill: Uint8Array | string): Elements {
  if (typeof fill === "string") return new Array<string>(count).fill(fill);
  const data = new Uint8Array(count * fill.length);
  if (fill.some((byte) => byte !== 0)) for (let i = 0; i < count; i++) data.set(fill, i * fill.length);
  return data;
}

/** Coordinates of all chunks of a grid, the last fastest. */
export function* chunkGrid(counts: readonly number[]): Iterable<number[]> {
  if (counts.some((count) => count === 0)) return;
  const index = counts.map(() => 0);
  for (;;) {
    yield [...index];
    let axis = counts.length - 1;
    for (; axis >= 0; axis--) {
      if (++index[axis] < counts[axis]) break;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
