import { ColumnTable } from "arquero";
import { type Categorical, type Column, TypedColumn, type Value } from "./columns.js";
import { Descent } from "./descent.js";
import { readColumn, readFrame } from "./frame.js";
import type { Decoded, TypedArray } from "./hdf5/decode.js";
import { openMatrix, sparseFormat } from "./matrices/open.js";
import type { RowMatrix } from "./matrix.js";
import type { Storage } from "./storage.js";
import { tableOf } from "./table.js";
import { Unread } from "./unread.js";

/** A dense array of any number of dimensions, row-major. */
export interface DenseArray {
  /** Size of each dimension. */
  shape: number[];
  /** NumPy's name of the stored element type. */
  dtype: string;
  /** The values, row by row. */
  data: TypedArray | string[];
}

/** A data frame outside of `obs` and `var`, for instance in `obsm`. */
export interface NamedTable {
  /** Names of the rows. */
  index: string[];
  /** The columns, as an arquero table. */
  table: ColumnTable;
}

/** A structured array (`rec-array`): records with the same fields. */
export class Records {
  constructor(
    /** Size of each dimension. */
    readonly shape: number[],
    /** Values of each field. */
    readonly fields: Map<string, Decoded>,
  ) {}

  /** The records as a table; a field that is itself an array has only its first element there. */
  get table(): ColumnTable {
    return tableOf([...this.fields].map(([name, field]) => [name, fieldColumn(field)]));
  }
}

function fieldColumn({ values, dtype }: Decoded): Column {
  return Array.isArray(values) ? (values as string[]) : new TypedColumn(dtype, values as TypedArray);
}

/** Anything that `obsm`, `varm`, `obsp`, `varp` or `uns` can hold. */
export type Element =
  | Value
  | DenseArray
  | RowMatrix
  | NamedTable
  | Records
  | Categorical
  | TypedColumn
  | { [key: string]: Element };

export function isMatrix(element: object): element is RowMatrix {
  return "blocks" in element && typeof element.blocks === "function";
}

export function isTable(element: object): element is NamedTable {
  return "table" in element && element.table instanceof ColumnTable && "index" in element;
}

export function isDense(element: object): element is DenseArray {
  // A dict may have keys of these names.
  return (
    "shape" in element &&
    Array.isArray(element.shape) &&
    "data" in element &&
    "dtype" in element &&
    typeof element.dtype === "string"
  );
}

/** A group of elements that are read when asked for. */
export interface LazyMapping {
  keys(): string[];
  has(key: string): boolean;
  /** Reads one element; undefined where there is none of that name. */
  get(key: string): Element | undefined;
  /**
   * As `get`, but for another file: scalars are arrays of no dimensions, which keep their stored type, and what cannot
   * be read is there to be copied.
   */
  stored?(key: string): Stored | undefined;
}

/** An element as a file keeps it. */
export type Stored = Element | Unread | { [key: string]: Stored };

/** Nothing: what a file without the group has. */
export const EMPTY_MAPPING: LazyMapping = { keys: () => [], has: () => false, get: () => undefined };

/** The members of the group (or, before anndata 0.7, of the dataset of records) at `path`. */
export function openMapping(
  file: Storage,
  path: string,
  leaveOut: (key: string) => boolean = () => false,
): LazyMapping {
  const kind = file.kind(path);
  if (kind === undefined) return EMPTY_MAPPING;
  if (kind === "dataset") return openRecords(file, path);
  const keys = new Set(file.keys(path).filter((key) => !leaveOut(key)));
  return {
    keys: () => [...keys],
    has: (key) => keys.has(key),
    get: (key) => (keys.has(key) ? plainElement(storedElement(file, `${path}/${key}`)) : undefined),
    stored: (key) => (keys.has(key) ? storedElement(file, `${path}/${key}`) : undefined),
  };
}

function openRecords(file: Storage, path: string): LazyMapping {
  const keys = file.fields(path);
  return {
    keys: () => keys,
    has: (key) => keys.includes(key),
    get: (key) => {
      if (!keys.includes(key)) return undefined;
      const { values, shape } = file.read(path);
      const field = (values as Map<string, Decoded>).get(key)!;
      return { shape: [...shape, ...field.inner], dtype: field.dtype, data: field.values as TypedArray };
    },
  };
}

/**
 * Reads whatever stands at a path, by its `encoding-type`
 * (https://anndata.readthedocs.io/en/stable/fileformat-prose.html#element-specifications).
 */
function storedElement(file: Storage, path: string, descent = new Descent(file)): Stored {
  const encoding = file.textAttribute(path, "encoding-type");
  if (file.kind(path) === "dataset") return encoding === "null" ? null : storedArray(file, path, encoding);
  if (sparseFormat(file, path)) return openMatrix(file, path);
  switch (encoding) {
    case "dataframe": {
      const { index, columns, unread } = readFrame(file, path);
      return unread.length > 0 ? new Unread(file, path, encoding) : { index, table: tableOf(columns) };
    }
    case "categorical":
    case "nullable-integer":
    case "nullable-boolean":
    case "nullable-string-array":
      return readColumn(file, path) as Categorical | TypedColumn;
    case "dict":
    case "anndata":
    case "raw":
    case undefined:
      return descent.into(path, () =>
        Object.fromEntries(
          file.keys(path).map((key) => [key, storedElement(file, `${path}/${key}`, descent)]),
        ),
      );
    default:
      return new Unread(file, path, encoding);
  }
}

function storedArray(file: Storage, path: string, encoding: string | undefined): Stored {
  const { values, dtype, shape, inner } = file.read(path);
  if (values instanceof Map) {
    // Complex numbers are records to HDF5.
    const records = encoding === undefined || encoding === "rec-array";
    return records ? new Records(shape, values) : new Unread(file, path, encoding);
  }
  const data = values as TypedArray | string[];
  // anndata before 0.7 stored a single text as an array of one.
  if (dtype === "str" && shape.length === 1 && shape[0] === 1 && encoding === undefined)
    return (data as string[])[0];
  // R's logical in three values is to other programs a small integer.
  return { shape: [...shape, ...inner], dtype: dtype === "logical" ? "uint8" : dtype, data };
}

/** A stored element for reading: scalars as such. */
function plainElement(stored: Stored): Element {
  if (stored instanceof Unread) throw stored.error();
  if (typeof stored !== "object" || stored === null) return stored;
  if (isDense(stored)) {
    const { shape, dtype, data } = stored;
    return shape.length > 0 ? stored : new TypedColumn(dtype, data).at(0);
  }
  if (Object.getPrototypeOf(stored) !== Object.prototype || isTable(stored)) return stored as Element;
  return Object.fromEntries(
    Object.entries(stored as { [key: string]: Stored }).map(([key, value]) => [key, plainElement(value)]),
  );
}
