/** Squares along each side, at most; each holds some cells on average, so that a scattered crowd has no holes. */
const MOST_SQUARES = 128;
const SHARE = 8;

/** How many cells lie where: counts over a coarse grid. Coordinates are −1 … 1. */
export class Crowd {
  readonly #squares: number;
  readonly #counts: Uint32Array;

  /**
   * @param cells those that count
   * @param of [cells]: of them, those with 1; null for all
   */
  constructor(x: ArrayLike<number>, y: ArrayLike<number>, cells: ArrayLike<number>, of: Uint8Array | null) {
    let size = cells.length;
    if (of) {
      size = 0;
      for (let i = 0; i < cells.length; i++) size += of[cells[i]];
    }
    const squares = Math.max(4, Math.min(MOST_SQUARES, Math.floor(Math.sqrt(size / SHARE))));
    this.#squares = squares;
    this.#counts = new Uint32Array(squares * squares);
    const square = (value: number) =>
      Math.max(0, Math.min(squares - 1, Math.floor(((value + 1) / 2) * squares)));
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      if (!of || of[cell]) this.#counts[square(y[cell]) * squares + square(x[cell])]++;
    }
  }

  /** Cells for each unit of area where the average cell of a window lies; 0 where there are none. */
  density({ x, y, reach }: { x: number; y: number; reach: number }): number {
    const overlap = (middle: number) => {
      const [from, to] = [middle - reach, middle + reach].map((end) => ((end + 1) / 2) * this.#squares);
      return Array.from({ length: this.#squares }, (_, s) => Math.min(s + 1, to) - Math.max(s, from));
    };
    const [columns, rows] = [overlap(x), overlap(y)];
    // A mean over cells, not over area: outliers alone in their squares count for as little as they are.
    let [cells, squared] = [0, 0];
    rows.forEach((height, row) => {
      if (height <= 0) return;
      columns.forEach((width, column) => {
        const count = this.#counts[row * this.#squares + column];
        if (width <= 0 || count === 0) return;
        cells += count * width * height;
        squared += count * count * width * height;
      });
    });
    return cells === 0 ? 0 : squared / cells / (2 / this.#squares) ** 2;
  }
}
