import type { TypedArray } from "./hdf5/decode.js";

/** What a cell of a table can hold; `null` is a missing value (of floats, NaN is). */
export type Value = string | number | bigint | boolean | null;

/**
 * A column of one of few values, as pandas' `Categorical`: the categories keep their order, and
 * those that no row has stay. Usable as an arquero column.
 */
export class Categorical {
  readonly dtype = "category";

  constructor(
    /** Position of each row's value in `categories`; −1 is missing. */
    readonly codes: Int8Array | Int16Array | Int32Array,
    /** The values that there are, by code. */
    readonly categories: readonly Value[],
    /** Whether the categories' order means something (low < high). */
    readonly ordered: boolean,
  ) {}

  /** Rows. */
  get length(): number {
    return this.codes.length;
  }

  /** Value of a row; null where it is missing. */
  at(row: number): Value {
    const code = this.codes[row];
    return code < 0 ? null : this.categories[code];
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }
}

/**
 * A column whose stored type a plain array would lose: booleans, 64-bit integers, and pandas'
 * nullable types. Usable as an arquero column.
 */
export class TypedColumn {
  constructor(
    /** NumPy's name of the stored type. */
    readonly dtype: string,
    /** The values as they are stored. */
    readonly values: TypedArray | readonly string[],
    /** 1 where the value is missing; undefined for a type that cannot miss values. */
    readonly missing?: Uint8Array,
  ) {}

  /** Rows. */
  get length(): number {
    return this.values.length;
  }

  /** 64-bit integers come as numbers where those are exact, else as `bigint`. */
  at(row: number): Value {
    if (this.missing?.[row]) return null;
    const value = this.values[row];
    if (this.dtype === "bool") return value !== 0;
    return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }
}

/** A column of a table as it was read: plain arrays for floats, up to 32-bit integers and texts. */
export type Column =
  | Categorical
  | TypedColumn
  | Exclude<TypedArray, BigInt64Array | BigUint64Array>
  | string[];
