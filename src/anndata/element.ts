import { ColumnTable, table } from "arquero";
import { CellkernelError } from "../support/error.js";
import { type Categorical, type Column, TypedColumn, type Value } from "./columns.js";
import { Descent } from "./descent.js";
import { readColumn, readFrame } from "./frame.js";
import type { Decoded, TypedArray } from "./hdf5/decode.js";
import { openMatrix, sparseFormat } from "./matrices/open.js";
import type { RowMatrix } from "./matrix.js";
import type { Storage } from "./storage.js";

/** A dense array of any number of dimensions, row-major. */
export interface DenseArray {
  shape: number[];
  /** NumPy's name of the stored element type. */
  dtype: string;
  data: TypedArray | string[];
}

/** A data frame outside of `obs` and `var`, for instance in `obsm`. */
export interface NamedTable {
  index: string[];
  table: ColumnTable;
}

/** A structured array (`rec-array`): records with the same fields. */
export class Records {
  constructor(
    readonly shape: number[],
    readonly fields: Map<string, Decoded>,
  ) {}

  /** The records as a table; a field that is itself an array has only its first element there. */
  get table(): ColumnTable {
    return table(Object.fromEntries([...this.fields].map(([name, field]) => [name, fieldColumn(field)])));
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
  return "shape" in element && "data" in element && "dtype" in element;
}

/** A group of elements that are read when asked for. */
export interface LazyMapping {
  keys(): string[];
  has(key: string): boolean;
  /** Reads one element; undefined where there is none of that name. */
  get(key: string): Element | undefined;
  /** As `get`, but with scalars as arrays of no dimensions, which keep their stored type. */
  stored?(key: string): Element | undefined;
}

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
    get: (key) => (keys.has(key) ? readElement(file, `${path}/${key}`) : undefined),
    stored: (key) => (keys.has(key) ? readElement(file, `${path}/${key}`, false) : undefined),
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
 * `plainScalars` makes a number of an array without dimensions.
 */
export function readElement(
  file: Storage,
  path: string,
  plainScalars = true,
  descent = new Descent(file),
): Element {
  const encoding = file.textAttribute(path, "encoding-type");
  if (file.kind(path) === "dataset") return encoding === "null" ? null : readArray(file, path, plainScalars);
  if (sparseFormat(file, path)) return openMatrix(file, path);
  switch (encoding) {
    case "dataframe": {
      const { index, columns } = readFrame(file, path);
      return { index, table: table(Object.fromEntries(columns)) };
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
          file.keys(path).map((key) => [key, readElement(file, `${path}/${key}`, plainScalars, descent)]),
        ),
      );
    default:
      throw new CellkernelError(
        "format",
        `${file.at(path)} has the encoding "${encoding}", which is not supported.`,
        { path: file.path, member: path },
      );
  }
}

function readArray(file: Storage, path: string, plainScalars: boolean): Element {
  const { values, dtype, shape, inner } = file.read(path);
  if (values instanceof Map) return new Records(shape, values);
  const data = values as TypedArray | string[];
  // anndata before 0.7 stored a single text as an array of one.
  const legacyText =
    shape.length === 1 && shape[0] === 1 && file.textAttribute(path, "encoding-type") === undefined;
  if (dtype === "str" && legacyText) return (data as string[])[0];
  if (shape.length > 0 || !plainScalars) return { shape: [...shape, ...inner], dtype, data };
  return new TypedColumn(dtype, data).at(0);
}
