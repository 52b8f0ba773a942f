/** The name of a class where it lies on a plot; lengths in CSS pixels. */
export interface Label {
  /** Its middle. */
  left: number;
  top: number;
  width: number;
  /** Number of the class's cells. */
  size: number;
}

/** Height of a line, and what stays free between two names. */
const LINE = 15;
const FREE = 3;

/**
 * Which labels are shown: those of the largest classes that lie whole on the plot and hide none before them.
 * @returns [labels]: whether it is shown
 */
export function shownLabels(labels: readonly Label[], side: number): boolean[] {
  const shown = labels.map(() => false);
  const order = labels.map((_, i) => i).sort((a, b) => labels[b].size - labels[a].size || a - b);
  for (const i of order) {
    const { left, top, width } = labels[i];
    const fits = left >= width / 2 && left <= side - width / 2 && top >= LINE / 2 && top <= side - LINE / 2;
    shown[i] = fits && !labels.some((other, k) => shown[k] && meet(labels[i], other));
  }
  return shown;
}

function meet(a: Label, b: Label): boolean {
  return Math.abs(a.left - b.left) < (a.width + b.width) / 2 + FREE && Math.abs(a.top - b.top) < LINE + FREE;
}

/** Where the cells of each class have their middle. */
export interface Middle {
  x: number;
  y: number;
  /** Cells that have coordinates. */
  size: number;
}

/** Of larger classes, so many cells, evenly spread over their list, tell where the middle is. */
const ENOUGH = 2000;

/**
 * The cell of each class that is nearest to the medians of its coordinates: the medians alone may lie where no cell is.
 * @param codes [cells]: class of each
 * @param placed cells that have coordinates
 * @returns [classes]; those without cells have size 0
 */
export function middles(
  codes: ArrayLike<number>,
  classes: number,
  { x, y, placed }: { x: Float32Array; y: Float32Array; placed: Uint32Array },
): Middle[] {
  const sizes = new Uint32Array(classes);
  for (const cell of placed) if (codes[cell] < classes) sizes[codes[cell]]++;
  const steps = Array.from(sizes, (size) => Math.max(1, Math.floor(size / ENOUGH)));
  const members: number[][] = Array.from({ length: classes }, () => []);
  const seen = new Uint32Array(classes);
  for (const cell of placed) {
    const code = codes[cell];
    if (code < classes && seen[code]++ % steps[code] === 0) members[code].push(cell);
  }
  return members.map((cells, c) => {
    const [mx, my] = [median(x, cells), median(y, cells)];
    let [central, least] = [cells[0], Number.POSITIVE_INFINITY];
    for (const cell of cells) {
      const away = (x[cell] - mx) ** 2 + (y[cell] - my) ** 2;
      if (away < least) [central, least] = [cell, away];
    }
    return { x: x[central] ?? 0, y: y[central] ?? 0, size: sizes[c] };
  });
}

function median(values: Float32Array, cells: readonly number[]): number {
  if (cells.length === 0) return 0;
  return Float32Array.from(cells, (cell) => values[cell]).sort()[cells.length >> 1];
}
