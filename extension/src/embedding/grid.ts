import type { Places } from "./places.js";

/** Finds cells by where they lie. */
export interface Grid {
  /**
   * The nearest placed cell, the first of those equally near; null where none is within the radius.
   * @param radius in the embedding's units
   * @param of [cells]: 1 where a cell counts; null for all
   */
  nearest(x: number, y: number, radius: number, of: Uint8Array | null): number | null;
  /**
   * The placed cells inside a closed line, in ascending order. Where it crosses itself, what it goes around in one
   * direction more often than in the other is inside (the nonzero rule, as canvas and SVG fill it).
   * @param polygon x0, y0, x1, y1 …
   */
  within(polygon: ArrayLike<number>): Uint32Array;
}

/** Cells that a square of the grid holds on average. */
const SHARE = 8;
const MOST_SQUARES = 256;
/** Squares count as crossed by a line that passes them this near, in sides of a square: more than rounding moves it. */
const NEAR = 1e-6;

const grids = new WeakMap<Uint32Array, Grid>();

/** The grid over an embedding's cells: built when first asked for (a million cells: some 40 ms), one for all its panels. */
export function gridOf(places: Places): Grid {
  const known = grids.get(places.placed);
  if (known) return known;
  const grid = buildGrid(places);
  grids.set(places.placed, grid);
  return grid;
}

/** A uniform grid whose cells are sorted by square in one counting sort. */
export function buildGrid({ x, y, placed }: Places): Grid {
  const squares = Math.max(1, Math.min(MOST_SQUARES, Math.floor(Math.sqrt(placed.length / SHARE))));
  /** Along an axis, in sides of a square. */
  const along = (value: number) => ((value + 1) / 2) * squares;
  const square = (value: number) => Math.max(0, Math.min(squares - 1, Math.floor(along(value))));

  const { starts, cells } = sortBySquare(
    placed,
    squares,
    (cell) => square(y[cell]) * squares + square(x[cell]),
  );

  const nearest = (px: number, py: number, radius: number, of: Uint8Array | null) => {
    let found: number | null = null;
    let least = radius * radius;
    const [column, row] = [square(px), square(py)];
    const look = (r: number, c: number) => {
      if (r < 0 || r >= squares || c < 0 || c >= squares) return;
      const s = r * squares + c;
      for (let i = starts[s]; i < starts[s + 1]; i++) {
        const cell = cells[i];
        if (of && !of[cell]) continue;
        const squared = (x[cell] - px) ** 2 + (y[cell] - py) ** 2;
        if (squared > least || (squared === least && found !== null && found < cell)) continue;
        found = cell;
        least = squared;
      }
    };
    // Ring by ring, until no cell of the next can be nearer.
    for (let ring = 0; ring < squares; ring++) {
      const apart = (Math.max(0, ring - 1) * 2) / squares;
      if (apart * apart > least) break;
      for (let c = column - ring; c <= column + ring; c++) {
        look(row - ring, c);
        if (ring > 0) look(row + ring, c);
      }
      for (let r = row - ring + 1; r < row + ring; r++) {
        look(r, column - ring);
        look(r, column + ring);
      }
    }
    return found;
  };

  const within = (polygon: ArrayLike<number>) => {
    const inside = new Uint8Array(x.length);
    let count = 0;
    const take = (cell: number) => {
      inside[cell] = 1;
      count++;
    };
    const rows = edgesByRow(polygon, squares, along);
    for (const [row, edges] of rows.entries()) {
      if (edges.length === 0) continue;
      const crossed = crossedSquares(edges, row, squares, along);
      const middle = ((row + 0.5) / squares) * 2 - 1;
      for (let column = 0; column < squares; column++) {
        const s = row * squares + column;
        if (starts[s] === starts[s + 1]) continue;
        if (crossed[column]) {
          for (let i = starts[s]; i < starts[s + 1]; i++)
            if (winding(edges, x[cells[i]], y[cells[i]]) !== 0) take(cells[i]);
        } else if (winding(edges, ((column + 0.5) / squares) * 2 - 1, middle) !== 0) {
          for (let i = starts[s]; i < starts[s + 1]; i++) take(cells[i]);
        }
      }
    }
    const found = new Uint32Array(count);
    let at = 0;
    for (let cell = 0; at < count; cell++) if (inside[cell]) found[at++] = cell;
    return found;
  };

  return { nearest, within };
}

/**
 * Cells by square, in one counting sort; those of a square stay in order.
 * @returns `starts` [squares² + 1]: where each square's cells begin in `cells`
 */
function sortBySquare(
  placed: Uint32Array,
  squares: number,
  squareOf: (cell: number) => number,
): { starts: Uint32Array; cells: Uint32Array } {
  const own = new Uint32Array(placed.length);
  const starts = new Uint32Array(squares * squares + 1);
  for (let i = 0; i < placed.length; i++) {
    const s = squareOf(placed[i]);
    own[i] = s;
    starts[s + 1]++;
  }
  for (let s = 0; s < squares * squares; s++) starts[s + 1] += starts[s];
  const next = starts.slice();
  const cells = new Uint32Array(placed.length);
  for (let i = 0; i < placed.length; i++) cells[next[own[i]]++] = placed[i];
  return { starts, cells };
}

/** A side of a polygon: x and y of its ends. */
type Edge = readonly [number, number, number, number];

/** A closed line's edges by the rows of squares that they pass; those outside the grid belong to its edge. */
function edgesByRow(polygon: ArrayLike<number>, squares: number, along: (value: number) => number): Edge[][] {
  const rows: Edge[][] = Array.from({ length: squares }, () => []);
  const inGrid = (at: number) => Math.max(0, Math.min(squares - 1, Math.floor(at)));
  const corners = polygon.length >> 1;
  for (let i = 0; i < corners; i++) {
    const j = (i + 1) % corners;
    const edge: Edge = [polygon[2 * i], polygon[2 * i + 1], polygon[2 * j], polygon[2 * j + 1]];
    const last = inGrid(along(Math.max(edge[1], edge[3])) + NEAR);
    for (let row = inGrid(along(Math.min(edge[1], edge[3])) - NEAR); row <= last; row++) rows[row].push(edge);
  }
  return rows;
}

/** The squares of a row that edges pass: [squares], 1 where one does. */
function crossedSquares(
  edges: readonly Edge[],
  row: number,
  squares: number,
  along: (value: number) => number,
): Uint8Array {
  const crossed = new Uint8Array(squares);
  for (const [x0, y0, x1, y1] of edges) {
    const [left, bottom, right, top] = [along(x0), along(y0), along(x1), along(y1)];
    // The part of the edge between the row's lower and its upper side; the outer rows reach on without end.
    const at = (height: number) => Math.max(0, Math.min(1, (height - bottom) / (top - bottom)));
    const [from, to] =
      bottom === top
        ? [0, 1]
        : [
            row === 0 ? Number(bottom > top) : at(row),
            row === squares - 1 ? Number(top > bottom) : at(row + 1),
          ];
    const ends = [left + from * (right - left), left + to * (right - left)];
    const first = Math.max(0, Math.floor(Math.min(...ends) - NEAR));
    const last = Math.min(squares - 1, Math.floor(Math.max(...ends) + NEAR));
    // What lies outside the grid may still pass the cells that its outermost squares hold.
    crossed.fill(1, Math.min(first, squares - 1), Math.max(last, 0) + 1);
  }
  return crossed;
}

/** How often edges go around a place counter-clockwise, seen by those that a ray to the right meets. */
function winding(edges: readonly Edge[], x: number, y: number): number {
  let turns = 0;
  for (const [x0, y0, x1, y1] of edges) {
    if (y0 <= y === y1 <= y) continue;
    const side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
    if (y0 <= y && side > 0) turns++;
    if (y1 <= y && side < 0) turns--;
  }
  return turns;
}
