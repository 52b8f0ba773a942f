import { firstRepeated } from "../support/distinct.js";
import { CellkernelError } from "../support/error.js";
import { Categorical, type Column, TypedColumn, type Value } from "./columns.js";
import { type Decoded, LOGICAL_NA, type TypedArray } from "./hdf5/decode.js";
import { takeRows } from "./join.js";
import type { Storage } from "./storage.js";
import { Unread } from "./unread.js";

/** A data frame as it was read: row names and columns in the file's order. */
export interface Frame {
  index: string[];
  columns: Map<string, Column>;
  /** What stands among the columns and cannot be read as one. */
  unread: Unread[];
}

/**
 * Reads a data frame in any of its encodings: `dataframe` 0.1.0 and 0.2.0
 * (https://anndata.readthedocs.io/en/stable/fileformat-prose.html#dataframes) and, before anndata
 * 0.7, one dataset of records whose categories stand in `uns`.
 */
export function readFrame(file: Storage, path: string, wanted: FramePart = {}): Frame {
  return file.kind(path) === "dataset"
    ? partOf(readRecords(file, path), wanted)
    : readGroup(file, path, wanted);
}

/** What of a data frame is read; all where nothing is said. */
export interface FramePart {
  /** Names of columns; those that aren't there are left out. */
  columns?: readonly string[];
  /** The first row and the one after the last. */
  rows?: readonly [number, number];
}

/** The records of old files are read whole. */
function partOf({ index, columns, unread }: Frame, { columns: names, rows }: FramePart): Frame {
  const kept = [...columns].filter(([name]) => names === undefined || names.includes(name));
  if (!rows) return { index, columns: new Map(kept), unread };
  const [first, end] = rows;
  const taken = Int32Array.from({ length: end - first }, (_, i) => first + i);
  return {
    index: index.slice(first, end),
    columns: new Map(kept.map(([name, column]) => [name, takeRows(column, taken)])),
    unread,
  };
}

/** Where anndata 0.7 and SeuratDisk keep the categories of columns of codes. */
const CATEGORIES = "__categories";

/** Rows that a data frame claims to have; nothing is read for it. */
export function rowsOf(file: Storage, path: string): number {
  if (file.kind(path) === "dataset") return file.shape(path)[0] ?? 0;
  return claimedLength(file, `${path}/${indexOf(file, path)}`) ?? 0;
}

/** The length that a column claims to have; undefined where what it is made of is not there. */
function claimedLength(file: Storage, path: string): number | undefined {
  const parts = file.kind(path) === "group" ? [`${path}/codes`, `${path}/values`] : [path];
  const stored = parts.find((part) => file.kind(part) === "dataset");
  return stored === undefined ? undefined : file.shape(stored)[0];
}

/** The name of the index among the members of a data frame. */
function indexOf(file: Storage, path: string): string {
  const members = file.keys(path);
  const indexName = file.textAttribute(path, "_index") ?? (members.includes("index") ? "index" : "_index");
  if (!members.includes(indexName)) {
    throw new CellkernelError(
      "format",
      `${file.at(path)} has no index "${indexName}"; it is not a data frame of AnnData.`,
      { path: file.path, member: path },
    );
  }
  return indexName;
}

function readGroup(file: Storage, path: string, wanted: FramePart): Frame {
  const members = new Set(file.keys(path));
  const indexName = indexOf(file, path);
  const rows = rowsOf(file, path);
  const order = file.attribute(path, "column-order")?.values;
  // Where columns are listed, other members are not columns, whoever put them there.
  const listed = order === undefined ? undefined : Array.isArray(order) ? (order as string[]) : [];
  const all = [...members].filter((name) => name !== indexName && name !== CATEGORIES);
  const columns = new Map<string, Column>();
  const unread: Unread[] = [];
  for (const name of new Set(listed ?? all)) {
    if (wanted.columns && !wanted.columns.includes(name)) continue;
    const place = `${path}/${name}`;
    if (!stands(file, path, name))
      throw new CellkernelError("format", `${file.at(path)} lists a column ${name} that is not there.`, {
        path: file.path,
        member: path,
        column: name,
      });
    const foreign = foreignEncoding(file, place);
    if (foreign !== undefined) {
      unread.push(new Unread(file, place, foreign));
      continue;
    }
    const length = claimedLength(file, place);
    if (length !== undefined && length !== rows)
      throw new CellkernelError(
        "format",
        `${file.at(path)}: column ${name} has ${length} rows, the index has ${rows}; the file is damaged.`,
        { path: file.path, member: path, column: name },
      );
    const factor = members.has(CATEGORIES) ? seuratFactor(file, path, name, wanted.rows) : undefined;
    columns.set(name, factor ?? readColumn(file, place, wanted.rows));
  }
  return { index: texts(readColumn(file, `${path}/${indexName}`, wanted.rows)), columns, unread };
}

/** Whether there is a member, which lies in sub-groups where its name has slashes. */
function stands(file: Storage, path: string, name: string): boolean {
  const steps = name.split("/");
  return steps.every((_, i) => {
    const kind = file.kind([path, ...steps.slice(0, i + 1)].join("/"));
    return i < steps.length - 1 ? kind === "group" : kind !== undefined;
  });
}

/** A factor of SeuratDisk: codes whose levels stand in `__categories` under the same name, without a reference to them. */
function seuratFactor(
  file: Storage,
  path: string,
  name: string,
  rows: FramePart["rows"],
): Categorical | undefined {
  if (!stands(file, `${path}/${CATEGORIES}`, name)) return undefined;
  const place = `${path}/${name}`;
  if (file.kind(place) !== "dataset" || file.referred(place, "categories") !== undefined) return undefined;
  const { values, dtype } = file.read(place, rows);
  const levels = file.read(`${path}/${CATEGORIES}/${name}`);
  if (!/^u?int/.test(dtype) || levels.dtype !== "str") return undefined;
  return categorical(values, levels, false, file.at(place));
}

type GroupEncoding = "categorical" | "nullable";

/** How a group is a column; other writers than anndata leave the encoding out. */
function groupEncoding(file: Storage, path: string): GroupEncoding | undefined {
  const encoding = file.textAttribute(path, "encoding-type");
  if (encoding === "categorical") return "categorical";
  if (encoding !== undefined)
    return ["nullable-integer", "nullable-boolean", "nullable-string-array"].includes(encoding)
      ? "nullable"
      : undefined;
  const members = file.keys(path);
  const has = (...names: string[]) => names.every((name) => members.includes(name));
  return has("codes", "categories") ? "categorical" : has("values", "mask") ? "nullable" : undefined;
}

/** The encoding of what stands where a column should, if it is none of a column. */
function foreignEncoding(file: Storage, path: string): string | undefined {
  const group = file.kind(path) === "group";
  const readable = group ? groupEncoding(file, path) : !["compound", "reference"].includes(file.dtype(path));
  return readable ? undefined : (file.textAttribute(path, "encoding-type") ?? "none");
}

/** Reads one column, or rows of it: an array, or one of the group encodings (categorical, nullable). */
export function readColumn(file: Storage, path: string, rows?: readonly [number, number]): Column {
  if (file.kind(path) === "group") return readEncodedColumn(file, path, rows);
  const { shape, ...stored } = file.read(path, rows);
  if (shape.length !== 1)
    throw new CellkernelError(
      "format",
      `${file.at(path)} has ${shape.length} dimensions; a column has one.`,
      { path: file.path, member: path },
    );
  // anndata 0.7: codes that refer to their categories elsewhere in the file.
  const target = file.referred(path, "categories");
  if (target === undefined) return plainColumn(stored, file.at(path));
  return categorical(stored.values, file.read(target), flag(file, target, "ordered"), file.at(path));
}

function readEncodedColumn(file: Storage, path: string, rows?: readonly [number, number]): Column {
  switch (groupEncoding(file, path)) {
    case "categorical": {
      const { values: codes, shape } = file.read(`${path}/codes`, rows);
      if (shape.length !== 1)
        throw new CellkernelError(
          "format",
          `${file.at(path)}: its codes have ${shape.length} dimensions; a column has one.`,
          { path: file.path, member: path },
        );
      const categories = categoryValues(file, `${path}/categories`);
      return categorical(codes, categories, flag(file, path, "ordered"), file.at(path));
    }
    case "nullable": {
      const { dtype, values } = file.read(`${path}/values`, rows);
      const mask = file.read(`${path}/mask`, rows).values;
      if (!(mask instanceof Uint8Array) || mask.length !== (values as string[]).length) {
        throw new CellkernelError(
          "format",
          `${file.at(path)}: its mask does not fit its values; the file is damaged.`,
          { path: file.path, member: path },
        );
      }
      return new TypedColumn(dtype, values as TypedArray | string[], mask);
    }
    default:
      throw new CellkernelError(
        "format",
        `${file.at(path)} has the encoding "${file.textAttribute(path, "encoding-type") ?? "none"}", which a column cannot have. ` +
          "Readable are arrays, strings, categorical and nullable columns.",
        { path: file.path, member: path },
      );
  }
}

/** Categories are mostly texts; since anndata 0.12 they may be a nullable string array. */
function categoryValues(file: Storage, path: string): Decoded {
  if (file.kind(path) === "dataset") return file.read(path);
  // Only these, because a link could lead from the categories back to their own column.
  const encoding = file.textAttribute(path, "encoding-type");
  if (encoding !== "nullable-string-array")
    throw new CellkernelError(
      "format",
      `${file.at(path)} has the encoding "${encoding ?? "none"}", which categories cannot have.`,
      { path: file.path, member: path },
    );
  const column = readEncodedColumn(file, path);
  return { dtype: "str", inner: [], values: [...column].map(String) };
}

function categorical(
  codes: Decoded["values"],
  categories: Decoded,
  ordered: boolean,
  where: string,
): Categorical {
  const signed = signedCodes(codes, where);
  const names = [...plainColumn(categories, where)];
  const wrong = signed.findIndex((code) => code < -1 || code >= names.length);
  if (wrong >= 0) {
    throw new CellkernelError(
      "format",
      `${where}: row ${wrong} has category code ${signed[wrong]}, but there are ${names.length} categories; ` +
        "the file is damaged.",
      { member: where },
    );
  }
  const repeated = firstRepeated(names);
  if (repeated !== undefined)
    throw new CellkernelError(
      "format",
      `${where} has the category "${repeated}" twice, where each stands once; the file is damaged.`,
      { member: where, category: repeated },
    );
  return new Categorical(signed, names, ordered);
}

/** pandas writes codes as narrow signed integers; other writers use what they have. */
function signedCodes(codes: Decoded["values"], where: string): Int8Array | Int16Array | Int32Array {
  if (codes instanceof Int8Array || codes instanceof Int16Array || codes instanceof Int32Array) return codes;
  if (!ArrayBuffer.isView(codes) || codes instanceof Float32Array || codes instanceof Float64Array) {
    throw new CellkernelError("format", `${where}: the codes of a categorical column must be integers.`, {
      member: where,
    });
  }
  // A code beyond 32 bits must not wrap round to a valid one: −2 is none.
  return Int32Array.from(codes as ArrayLike<number | bigint>, (code) =>
    code >= -1 && code < 2 ** 31 ? Number(code) : -2,
  );
}

function flag(file: Storage, path: string, name: string): boolean {
  const values = file.attribute(path, name)?.values;
  return ArrayBuffer.isView(values) && Number((values as TypedArray)[0]) !== 0;
}

function plainColumn({ dtype, values }: Decoded, where: string): Column {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return new TypedColumn(dtype, values);
  if (dtype === "bool") return new TypedColumn(dtype, values as Uint8Array);
  if (dtype === "logical") {
    const missing = (values as Uint8Array).map((value) => (value === LOGICAL_NA ? 1 : 0));
    const known = (values as Uint8Array).map((value) => (value === LOGICAL_NA ? 0 : value));
    return new TypedColumn("bool", known, missing.includes(1) ? missing : undefined);
  }
  if (dtype === "str") return values as string[];
  if (ArrayBuffer.isView(values)) return values as Float64Array;
  throw new CellkernelError("format", `${where} holds elements of type ${dtype}, which cannot be a column.`, {
    member: where,
  });
}

/** anndata 0.5 and 0.6: one dataset of records, the index its first field. */
function readRecords(file: Storage, path: string): Frame {
  const { values } = file.read(path);
  if (!(values instanceof Map))
    throw new CellkernelError("format", `${file.at(path)} is not a data frame of AnnData.`, {
      path: file.path,
      member: path,
    });
  const [[, index], ...fields] = values;
  const columns = new Map<string, Column>();
  for (const [name, field] of fields) {
    const stored = `/uns/${name}_categories`;
    const where = `${file.at(path)}, ${name}`;
    const coded = /^u?int/.test(field.dtype);
    if (coded && file.kind("/uns") === "group" && file.kind(stored) === "dataset") {
      columns.set(name, categorical(field.values, file.read(stored), false, where));
    } else if (field.inner.length === 0) {
      columns.set(name, plainColumn(field, where));
    } else {
      throw new CellkernelError("format", `${where} is an array in each row, which cannot be a column.`, {
        member: where,
      });
    }
  }
  return { index: texts(plainColumn(index, file.at(path))), columns, unread: [] };
}

function texts(column: Column): string[] {
  return Array.isArray(column) ? column : Array.from(column as Iterable<Value>, String);
}
