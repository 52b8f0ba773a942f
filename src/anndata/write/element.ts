import { CellkernelError } from "../../support/error.js";
import { Categorical, TypedColumn } from "../columns.js";
import { type DenseArray, type Element, isDense, isMatrix, isTable, Records } from "../element.js";
import type { TypedArray } from "../hdf5/decode.js";

import type { Output } from "../storage.js";
import { copyUnread, Unread } from "../unread.js";

import { writeColumn, writeFlags, writeFrame, writeNumbers, writeTexts } from "./frame.js";
import { writeMatrix } from "./matrix.js";
import { writeRecords } from "./records.js";

/** What may be written to `uns`, `obsm` and the like: elements, and plain JavaScript values. */
export type Writable =
  | Element
  | Unread
  | TypedArray
  | readonly (string | number | boolean)[]
  | { [key: string]: Writable };

/** Writes any element in its encoding; objects become `dict` groups. */
export function writeElement(out: Output, path: string, element: Writable): void {
  if (element === null) writeNull(out, path);
  else if (typeof element !== "object") writeScalar(out, path, element);
  else if (element instanceof Unread) copyUnread(out, element);
  else if (ArrayBuffer.isView(element)) writeNumbers(out, path, element as TypedArray);
  else if (element instanceof Categorical || element instanceof TypedColumn) writeColumn(out, path, element);
  else if (element instanceof Records) writeRecords(out, path, element);
  else if (Array.isArray(element)) writeList(out, path, element);
  else if (isMatrix(element)) writeMatrix(out, path, element);
  else if (isTable(element)) writeFrame(out, path, element.index, element.table);
  else if (isDense(element)) writeDense(out, path, element);
  else writeDict(out, path, Object.entries(element as Record<string, Writable>));
}

/** Writes a `dict` group. */
export function writeDict(out: Output, path: string, entries: Iterable<[string, Writable]>): void {
  out.group(path);
  out.encoding(path, "dict", "0.1.0");
  for (const [key, value] of entries) writeElement(out, `${path}/${key.replaceAll("/", "_")}`, value);
}

/** `None`, as anndata since 0.12 has it; but with one element, for h5wasm makes no dataset of none. */
function writeNull(out: Output, path: string): void {
  out.numbers(path, Float32Array.of(Number.NaN), []);
  out.encoding(path, "null", "0.1.0");
}

function writeScalar(out: Output, path: string, value: unknown): void {
  switch (typeof value) {
    case "string":
      out.texts(path, [value], []);
      break;
    case "number":
      out.numbers(
        path,
        Number.isSafeInteger(value) ? BigInt64Array.of(BigInt(value)) : Float64Array.of(value),
        [],
      );
      break;
    case "bigint":
      out.numbers(path, BigInt64Array.of(value), []);
      break;
    case "boolean":
      out.flags(path, Uint8Array.of(value ? 1 : 0), []);
      break;
    default:
      throw new CellkernelError("format", `${path}: ${typeof value} cannot be written to an .h5ad file.`, {
        member: path,
      });
  }
  out.encoding(path, typeof value === "string" ? "string" : "numeric-scalar", "0.2.0");
}

function writeList(out: Output, path: string, list: readonly unknown[]): void {
  if (list.every((value) => typeof value === "string")) writeTexts(out, path, list as string[]);
  else if (list.every((value) => typeof value === "boolean"))
    writeFlags(out, path, Uint8Array.from(list, Number));
  else if (list.every(Number.isSafeInteger))
    writeNumbers(out, path, BigInt64Array.from(list as number[], BigInt));
  else if (list.every((value) => typeof value === "number"))
    writeNumbers(out, path, Float64Array.from(list as number[]));
  else
    throw new CellkernelError(
      "format",
      `${path}: a list of mixed values cannot be written to an .h5ad file.`,
      { member: path },
    );
}

function writeDense(out: Output, path: string, { dtype, data, shape }: DenseArray): void {
  if (Array.isArray(data)) writeTexts(out, path, data, shape);
  else if (dtype === "bool") writeFlags(out, path, data as Uint8Array, shape);
  else writeNumbers(out, path, data, shape);
  if (shape.length === 0) out.encoding(path, Array.isArray(data) ? "string" : "numeric-scalar", "0.2.0");
}
