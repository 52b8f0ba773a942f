/** Cells by code, each code's ascending. */
export interface Members {
  /** Number of cells of each code, with one more place for those of none. */
  sizes: Uint32Array;
  /** The cells of a code. */
  of(code: number): Uint32Array;
}

const known = new WeakMap<Uint8Array | Uint16Array, Members>();

/**
 * The cells of each code: found in one go when first asked for.
 * @param count number of codes; those beyond count as none
 */
export function membersOf(codes: Uint8Array | Uint16Array, count: number): Members {
  const before = known.get(codes);
  if (before) return before;
  const sizes = new Uint32Array(count + 1);
  for (let cell = 0; cell < codes.length; cell++) sizes[Math.min(codes[cell], count)]++;
  const starts = new Uint32Array(count + 2);
  for (let code = 0; code <= count; code++) starts[code + 1] = starts[code] + sizes[code];
  const next = starts.slice();
  const cells = new Uint32Array(codes.length);
  for (let cell = 0; cell < codes.length; cell++) cells[next[Math.min(codes[cell], count)]++] = cell;
  const members = { sizes, of: (code: number) => cells.subarray(starts[code], starts[code + 1]) };
  known.set(codes, members);
  return members;
}
