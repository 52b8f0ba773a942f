import { CscMatrix } from "./matrices/csc.js";
import type { CsrBlock, RowMatrix } from "./matrix.js";
import { isWhole, type ScaleHint, scaleOf } from "./scale.js";

/**
 * What the values of a matrix are, as far as they show it: `counts` (whole numbers), `logged` (log-normalised),
 * `normalised` (cells have one total, not logged), `corrected` (counts with fractions), `binary` (0 and 1 only),
 * `scaled` (some are negative), `empty` (nothing but zeros).
 */
export type Kind = "counts" | "logged" | "normalised" | "corrected" | "binary" | "scaled" | "empty";

/** What a bounded sample of a matrix says about it. */
export interface Contents {
  /** What the values are. */
  kind: Kind;
  /** Base of logged values, where it is not e. */
  base?: number;
  /** Smallest and largest value, zeros included. */
  min: number;
  max: number;
  /** Share of zeros, 0 to 1. */
  zeros: number;
  /** Mean of all values, zeros included. */
  mean: number;
  /** Whether NaN or infinite values were seen. */
  broken: boolean;
  /** Whether the whole matrix was seen. */
  whole: boolean;
}

/** Stretches of consecutive rows that a sample consists of, and entries that each may hold at most. */
const STRETCHES = 8;
const STRETCH_ENTRIES = 65_536;

/** Cells that are looked at to tell logged values from others. */
const CELLS = 64;

/**
 * Looks at up to eight stretches of rows, evenly spread over the matrix.
 *
 * @param hint what the file says of its values
 */
export function sampleContents(matrix: RowMatrix, hint?: ScaleHint): Contents {
  const seen = new Seen();
  const columnwise = matrix instanceof CscMatrix;
  const elements = columnwise ? sampleColumns(matrix, seen) : sampleRows(matrix, seen);
  // Without a single zero among many values, the smallest value itself is the minimum.
  const min = seen.entries === elements && seen.min === 0 && seen.entries > 0 ? seen.smallest : seen.min;
  return {
    ...kindOf(seen, columnwise ? () => firstCells(matrix) : () => seen.cells, hint),
    min: Number.isFinite(min) ? min : 0,
    max: seen.max,
    zeros: elements === 0 ? 1 : 1 - seen.entries / elements,
    mean: elements === 0 ? 0 : seen.sum / elements,
    broken: seen.broken,
    whole: elements >= matrix.shape[0] * matrix.shape[1],
  };
}

type Values = Float32Array | Float64Array;

/** What a look gathers. */
class Seen {
  min = 0;
  max = 0;
  sum = 0;
  smallest = Number.POSITIVE_INFINITY;
  fractions = false;
  broken = false;
  entries = 0;
  /** The values of some cells. */
  readonly cells: Values[] = [];

  add(data: Values): void {
    for (const value of data) {
      if (!Number.isFinite(value)) this.broken = true;
      else {
        if (value < this.min) this.min = value;
        if (value > this.max) this.max = value;
        if (value > 0 && value < this.smallest) this.smallest = value;
        if (!this.fractions && !isWhole(value)) this.fractions = true;
        this.sum += value;
      }
    }
    this.entries += data.length;
  }
}

/** Returns how many elements (zeros included) were looked at. */
function sampleRows(matrix: RowMatrix, seen: Seen): number {
  const [rows, columns] = matrix.shape;
  const height = Math.max(1, Math.min(rows, Math.floor(STRETCH_ENTRIES / Math.max(1, columns))));
  const starts = stretchStarts(rows, height);
  const each = Math.ceil(CELLS / Math.max(1, starts.length));
  let elements = 0;
  for (const start of starts) {
    let kept = 0;
    for (const block of matrix.blocks({ start, end: Math.min(rows, start + height) })) {
      seen.add(block.data);
      elements += block.rows * columns;
      for (let row = 0; row < block.rows && kept < each; row++, kept++)
        seen.cells.push(rowValues(block, row));
    }
  }
  return elements;
}

function rowValues({ indptr, data }: CsrBlock, row: number): Values {
  return data.slice(indptr[row], indptr[row + 1]);
}

/** A matrix stored by columns is sampled by columns: its rows would cost a pass over the file. */
function sampleColumns(matrix: CscMatrix, seen: Seen): number {
  const [rows, columns] = matrix.shape;
  const width = Math.max(1, Math.min(columns, Math.floor(STRETCH_ENTRIES / Math.max(1, rows))));
  let elements = 0;
  for (const start of stretchStarts(columns, width)) {
    const end = Math.min(columns, start + width);
    seen.add(matrix.columnValues(start, end));
    elements += (end - start) * rows;
  }
  return elements;
}

/** That pass, where values with fractions must be told apart. */
function firstCells(matrix: RowMatrix): Values[] {
  const end = Math.min(CELLS, matrix.shape[0]);
  return [...matrix.blocks({ end })].flatMap((block) =>
    Array.from({ length: block.rows }, (_, row) => rowValues(block, row)),
  );
}

function stretchStarts(length: number, step: number): number[] {
  if (length <= STRETCHES * step) {
    return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  }
  return Array.from({ length: STRETCHES }, (_, i) => Math.floor((i * (length - step)) / (STRETCHES - 1)));
}

function kindOf(seen: Seen, cells: () => Values[], hint?: ScaleHint): Pick<Contents, "kind" | "base"> {
  if (seen.min < 0) return { kind: "scaled" };
  if (seen.max === 0) return { kind: "empty" };
  if (!seen.fractions) return { kind: seen.max === 1 && seen.entries > 1 ? "binary" : "counts" };
  const scale = scaleOf(
    cells().map((cell) => cell.filter(Number.isFinite)),
    hint,
  );
  return scale.kind === "logged" && scale.base !== Math.E ? scale : { kind: scale.kind };
}

const NAMES: Record<Kind, string> = {
  counts: "counts",
  logged: "log-normalised values",
  normalised: "normalised values that are not logged",
  corrected: "counts with fractions",
  binary: "only 0 and 1",
  scaled: "scaled values (some are negative)",
  empty: "nothing but zeros",
};

/** For instance "counts". */
export function kindName(kind: Kind): string {
  return NAMES[kind];
}

/** For instance "counts, csr float32, 0 to 211, 89.3 % zeros, seen in a sample". */
export function describeContents(matrix: RowMatrix, contents: Contents): string {
  const { kind, base, min, max, zeros, broken, whole } = contents;
  const parts = [
    base === undefined ? NAMES[kind] : `${NAMES[kind]} (base ${base})`,
    `${matrix.format} ${matrix.dtype}`,
    `${shortNumber(min)} to ${shortNumber(max)}`,
    `${(100 * zeros).toFixed(1)} % zeros`,
  ];
  if (broken) parts.push("with NaN or infinite values");
  if (!whole) parts.push("seen in a sample");
  return parts.join(", ");
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
