import { Categorical, type Column, TypedColumn } from "../columns.js";
import {
  type DenseArray,
  type Element,
  EMPTY_MAPPING,
  isDense,
  isMatrix,
  isTable,
  type LazyMapping,
} from "../element.js";
import type { TypedArray } from "../hdf5/decode.js";
import { takeRows } from "../join.js";
import { MappedColumns, RowSubset } from "../matrices/subset.js";
import { columnsOf, tableOf } from "../table.js";

/** A mapping whose elements are changed when they are read. */
export function mapMembers(
  mapping: LazyMapping,
  change: (element: Element, key: string) => Element,
): LazyMapping {
  if (mapping.keys().length === 0) return EMPTY_MAPPING;
  const get = (key: string) => {
    const element = mapping.get(key);
    return element === undefined ? undefined : change(element, key);
  };
  return { keys: () => mapping.keys(), has: (key) => mapping.has(key), get };
}

/** Some rows of an element of `obsm` or `varm`. */
export function takeElementRows(element: Element, rows: Int32Array): Element {
  if (element instanceof Categorical || element instanceof TypedColumn)
    return takeRows(element, rows) as Categorical;
  if (typeof element !== "object" || element === null) return element;
  if (isMatrix(element)) return new RowSubset(element, rows);
  if (isTable(element)) {
    const columns = [...columnsOf(element.table, "the table")];
    const taken = columns.map(([name, column]): [string, Column] => [name, takeRows(column, rows)]);
    return { index: Array.from(rows, (row) => element.index[row]), table: tableOf(taken) };
  }
  return isDense(element) ? takeArrayRows(element, rows) : element;
}

/** Some rows and the same columns of an element of `obsp` or `varp`. */
export function takeElementPairs(element: Element, rows: Int32Array): Element {
  if (typeof element !== "object" || element === null) return element;
  if (isMatrix(element)) {
    const map = new Int32Array(element.shape[1]).fill(-1);
    rows.forEach((row, i) => {
      map[row] = i;
    });
    return new MappedColumns(new RowSubset(element, rows), map, rows.length);
  }
  if (!isDense(element)) return element;
  const { shape, dtype, data } = takeArrayRows(element, rows);
  const square = (data as TypedArray).slice(0, rows.length ** 2);
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < rows.length; j++) square[i * rows.length + j] = data[i * shape[1] + rows[j]] as never;
  }
  return { shape: [rows.length, rows.length], dtype, data: square };
}

function takeArrayRows({ shape, data, dtype }: DenseArray, rows: Int32Array): DenseArray {
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
  const taken: DenseArray = { shape: [rows.length, ...shape.slice(1)], dtype, data };
  if (Array.isArray(data)) {
    return { ...taken, data: Array.from(rows).flatMap((row) => data.slice(row * width, (row + 1) * width)) };
  }
  const out = new (data.constructor as new (length: number) => TypedArray)(rows.length * width);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * width, (row + 1) * width) as never, i * width);
  });
  return { ...taken, data: out };
}
