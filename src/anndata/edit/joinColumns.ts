import { Categorical, type Column, TypedColumn, type Value } from "../columns.js";
import type { TypedArray } from "../hdf5/decode.js";
import { toColumn } from "../infer.js";

/**
 * Columns one below the other; a part without the column has missing values, as many as `sizes` says.
 * Columns of one type keep it; categories are united in the order in which they are met.
 */
export function joinColumns(
  columns: readonly (Column | undefined)[],
  sizes: readonly number[],
  where: string,
): Column {
  return joinCategories(columns, sizes) ?? joinAlike(columns) ?? toColumn(valuesOf(columns, sizes), where);
}

function valuesOf(columns: readonly (Column | undefined)[], sizes: readonly number[]): Value[] {
  return columns.flatMap((column, i) =>
    column ? Array.from(column as Iterable<Value>) : new Array<Value>(sizes[i]).fill(null),
  );
}

function joinCategories(
  columns: readonly (Column | undefined)[],
  sizes: readonly number[],
): Categorical | undefined {
  const categorical = columns.filter((column): column is Categorical => column instanceof Categorical);
  if (categorical.length === 0) return undefined;
  const values = valuesOf(columns, sizes);
  const known = categorical.flatMap((column) => column.categories);
  const categories = [...new Set([...known, ...values])].filter((value) => value !== null);
  const code = new Map(categories.map((value, i) => [value, i]));
  const [first] = categorical;
  const sameOrder = categorical.every(
    ({ ordered, categories: own }) => ordered && own.join("\0") === first.categories.join("\0"),
  );
  return new Categorical(
    Int32Array.from(values, (value) => (value === null ? -1 : code.get(value)!)),
    categories,
    sameOrder && categorical.length === columns.length,
  );
}

function joinAlike(columns: readonly (Column | undefined)[]): Column | undefined {
  const [first] = columns;
  if (first instanceof TypedColumn) {
    const alike = columns.filter(
      (column): column is TypedColumn =>
        column instanceof TypedColumn && column.dtype === first.dtype && !column.missing,
    );
    const values = joinTyped(alike.map((column) => column.values as TypedArray));
    return values && alike.length === columns.length ? new TypedColumn(first.dtype, values) : undefined;
  }
  return joinTyped(columns as TypedArray[]) as Column | undefined;
}

/** Typed arrays of one type one after the other; undefined when they are of several, or none. */
export function joinTyped(arrays: readonly TypedArray[]): TypedArray | undefined {
  const [first] = arrays;
  if (!ArrayBuffer.isView(first) || arrays.some((array) => array?.constructor !== first.constructor))
    return undefined;
  const length = arrays.reduce((total, array) => total + array.length, 0);
  const joined = new (first.constructor as new (length: number) => TypedArray)(length);
  let at = 0;
  for (const array of arrays) {
    joined.set(array as never, at);
    at += array.length;
  }
  return joined;
}
