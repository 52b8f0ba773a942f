/** What an indexed picture can hold. */
const MOST = 256;

/** A picture in few colours. */
export interface FewColors {
  /** [colours × 3]: red, green, blue. */
  palette: Uint8Array;
  /** [pixels]: index into the palette. */
  indices: Uint8Array;
}

/**
 * A picture's pixels in the 256 colours that stand for them best. Colours are gathered in 32 × 32 × 32 boxes, each told by
 * the one that most of its pixels have; of the boxes, one after the other is taken that is farthest from those before,
 * those with more pixels rather. So neither the many shades of the most frequent class nor a rare class go under.
 * @param rgba [pixels × 4]
 */
export function fewColors(rgba: Uint8Array): FewColors {
  const pixels = rgba.length / 4;
  const counts = new Uint32Array(BOXES);
  /** A colour of each box, which is that of most of its pixels where most have the same (Boyer & Moore 1981). */
  const colors = new Uint32Array(BOXES);
  const votes = new Int32Array(BOXES);
  for (let p = 0; p < rgba.length; p += 4) {
    const color = (rgba[p] << 16) | (rgba[p + 1] << 8) | rgba[p + 2];
    const box = boxOf(color);
    counts[box]++;
    if (votes[box] === 0) colors[box] = color;
    votes[box] += colors[box] === color ? 1 : -1;
  }
  const used = Uint32Array.from(counts.keys()).filter((box) => counts[box] > 0);
  const { chosen, standIn } = choose(used, counts, colors);
  const palette = new Uint8Array(3 * chosen.length);
  chosen.forEach((box, c) => {
    palette.set([colors[box] >> 16, (colors[box] >> 8) & 255, colors[box] & 255], 3 * c);
  });
  const indices = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++)
    indices[i] = standIn[boxOf((rgba[4 * i] << 16) | (rgba[4 * i + 1] << 8) | rgba[4 * i + 2])];
  return { palette, indices };
}

const BOXES = 32 ** 3;

/** @param color 0xrrggbb */
function boxOf(color: number): number {
  return ((color >> 9) & 0x7c00) | ((color >> 6) & 0x3e0) | ((color >> 3) & 0x1f);
}

/** The boxes whose colours are kept, and for each box the place of what stands for it. */
function choose(
  used: Uint32Array,
  counts: Uint32Array,
  colors: Uint32Array,
): { chosen: number[]; standIn: Uint8Array } {
  const standIn = new Uint8Array(BOXES);
  const apart = new Float64Array(BOXES).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  let next = used.reduce((most, box) => (counts[box] > counts[most] ? box : most), used[0]);
  while (next !== undefined && chosen.length < MOST) {
    const place = chosen.push(next) - 1;
    const own = colors[next];
    let farthest: number | undefined;
    let most = 0;
    for (const box of used) {
      const squared = distance(colors[box], own);
      if (squared < apart[box]) {
        apart[box] = squared;
        standIn[box] = place;
      }
      const lost = apart[box] * Math.sqrt(counts[box]);
      if (lost > most) [farthest, most] = [box, lost];
    }
    if (farthest === undefined) break;
    next = farthest;
  }
  return { chosen, standIn };
}

function distance(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16);
  const green = ((a >> 8) & 255) - ((b >> 8) & 255);
  const blue = (a & 255) - (b & 255);
  return red * red + green * green + blue * blue;
}
