import { CscMatrix } from "./matrices/csc.js";
import type { RowMatrix } from "./matrix.js";

/**
 * What the values of a matrix are, as far as they show it: `counts` (whole numbers), `logged`
 * (log-normalised), `normalised` (neither whole nor logged), `scaled` (some are negative), `empty`
 * (nothing but zeros).
 */
export type Kind = "counts" | "logged" | "normalised" | "scaled" | "empty";

/** What a bounded sample of a matrix says about it. */
export interface Contents {
  kind: Kind;
  /** Smallest and largest value, zeros included. */
  min: number;
  max: number;
  /** Share of zeros, 0 to 1. */
  zeros: number;
  /** Whether NaN or infinite values were seen. */
  broken: boolean;
  /** Whether the whole matrix was seen. */
  whole: boolean;
}

/** Stretches of consecutive rows that a sample consists of, and entries that each may hold at most. */
const STRETCHES = 8;
const STRETCH_ENTRIES = 65_536;

/**
 * Looks at up to eight stretches of rows, evenly spread over the matrix. Logged values are told by
 * the published protocol's rule: none negative, none above 30, the smallest positive one below 1.
 */
export function sampleContents(matrix: RowMatrix): Contents {
  const seen = {
    min: 0,
    max: 0,
    smallest: Number.POSITIVE_INFINITY,
    fractions: false,
    broken: false,
    entries: 0,
  };
  const see = (data: Float32Array | Float64Array) => {
    for (const value of data) {
      if (!Number.isFinite(value)) seen.broken = true;
      else {
        if (value < seen.min) seen.min = value;
        if (value > seen.max) seen.max = value;
        if (value > 0 && value < seen.smallest) seen.smallest = value;
        if (!seen.fractions && !Number.isInteger(value)) seen.fractions = true;
      }
    }
    seen.entries += data.length;
  };
  const cells = matrix instanceof CscMatrix ? sampleColumns(matrix, see) : sampleRows(matrix, see);
  // Without a single zero among many values, the smallest value itself is the minimum.
  const min = seen.entries === cells && seen.min === 0 && seen.entries > 0 ? seen.smallest : seen.min;
  const total = matrix.shape[0] * matrix.shape[1];
  return {
    kind: kindOf(seen),
    min: Number.isFinite(min) ? min : 0,
    max: seen.max,
    zeros: cells === 0 ? 1 : 1 - seen.entries / cells,
    broken: seen.broken,
    whole: cells >= total,
  };
}

/** Returns how many elements (zeros included) were looked at. */
function sampleRows(matrix: RowMatrix, see: (data: Float32Array | Float64Array) => void): number {
  const [rows, columns] = matrix.shape;
  const height = Math.max(1, Math.min(rows, Math.floor(STRETCH_ENTRIES / Math.max(1, columns))));
  let elements = 0;
  for (const start of stretchStarts(rows, height)) {
    for (const block of matrix.blocks({ start, end: Math.min(rows, start + height) })) {
      see(block.data);
      elements += block.rows * columns;
    }
  }
  return elements;
}

/** A matrix stored by columns is sampled by columns: its rows would cost a pass over the file. */
function sampleColumns(matrix: CscMatrix, see: (data: Float32Array | Float64Array) => void): number {
  const [rows, columns] = matrix.shape;
  const width = Math.max(1, Math.min(columns, Math.floor(STRETCH_ENTRIES / Math.max(1, rows))));
  let elements = 0;
  for (const start of stretchStarts(columns, width)) {
    const end = Math.min(columns, start + width);
    see(matrix.columnValues(start, end));
    elements += (end - start) * rows;
  }
  return elements;
}

function stretchStarts(length: number, step: number): number[] {
  if (length <= STRETCHES * step) {
    return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  }
  return Array.from({ length: STRETCHES }, (_, i) => Math.floor((i * (length - step)) / (STRETCHES - 1)));
}

function kindOf({
  min,
  max,
  smallest,
  fractions,
}: {
  min: number;
  max: number;
  smallest: number;
  fractions: boolean;
}): Kind {
  if (min < 0) return "scaled";
  if (max === 0) return "empty";
  if (!fractions) return "counts";
  return max <= 30 && smallest < 1 ? "logged" : "normalised";
}

const NAMES: Record<Kind, string> = {
  counts: "counts",
  logged: "log-normalised values",
  normalised: "normalised values that are not logged",
  scaled: "scaled values (some are negative)",
  empty: "nothing but zeros",
};

/** For instance "counts". */
export function kindName(kind: Kind): string {
  return NAMES[kind];
}

/** For instance "counts, csr float32, 0 to 211, 89.3 % zeros, seen in a sample". */
export function describeContents(matrix: RowMatrix, contents: Contents): string {
  const { kind, min, max, zeros, broken, whole } = contents;
  const parts = [
    NAMES[kind],
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
