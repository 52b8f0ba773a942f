/** Between a view's cells and the rows of its table, of which it may show a sample. */
export class Rows {
  readonly #rows: Uint32Array;
  /** Cell i is row i. */
  readonly #same: boolean;
  #cellOf: Map<number, number> | undefined;

  /** @param rows [cells]: row of each */
  constructor(rows: Uint32Array) {
    this.#rows = rows;
    this.#same = rows.every((row, cell) => row === cell);
  }

  /** The rows of some cells. */
  of(cells: Uint32Array): Uint32Array {
    return this.#same ? cells : cells.map((cell) => this.#rows[cell]);
  }

  row(cell: number): number {
    return this.#rows[cell];
  }

  /** The cell that shows a row; undefined where none does. */
  cell(row: number): number | undefined {
    if (this.#same) return row < this.#rows.length ? row : undefined;
    this.#cellOf ??= new Map(Array.from(this.#rows, (own, cell) => [own, cell]));
    return this.#cellOf.get(row);
  }

  /** The cells that show some rows. */
  cells(rows: Uint32Array): Uint32Array {
    return Uint32Array.from([...rows].map((row) => this.cell(row)).filter((cell) => cell !== undefined));
  }

  /** Those of them that have coordinates. */
  placed(rows: Uint32Array, placed: Uint32Array): Uint32Array {
    const drawn = new Set(placed);
    return this.cells(rows).filter((cell) => drawn.has(cell));
  }

  /** Which cells show some rows: [cells], 1 where one does. */
  flags(rows: Uint32Array): Uint8Array {
    const flags = new Uint8Array(this.#rows.length);
    for (const row of rows) {
      const cell = this.cell(row);
      if (cell !== undefined) flags[cell] = 1;
    }
    return flags;
  }
}
