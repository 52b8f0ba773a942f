import { isUtf8 } from "node:buffer";

import type { Metadata } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";
import type { H5Library } from "./library.js";

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** A run of HDF5 elements as JavaScript values. */
export interface Decoded {
  /**
   * NumPy's name of the element type; also `str`, `compound`, `reference`. `bool` comes as 0 and 1, R's `logical` as
   * 0, 1 and, for its NA, 2.
   */
  dtype: string;
  /** Dimensions of one element, where an element is itself an array (HDF5's array type). */
  inner: number[];
  /** The values, row by row; of records a list of each field. */
  values: TypedArray | string[] | Uint8Array[] | Map<string, Decoded>;
}

const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const COMPOUND = 6;
const REFERENCE = 7;
const ENUM = 8;
const ARRAY = 10;

/** NumPy's name of an HDF5 element type, as `Decoded.dtype` gives it. */
export function dtypeOf(type: Metadata): string {
  switch (type.type) {
    case INTEGER:
      return `${type.signed ? "int" : "uint"}${8 * type.size}`;
    case FLOAT:
      return `float${8 * type.size}`;
    case STRING:
      return "str";
    case COMPOUND:
      return "compound";
    case REFERENCE:
      return "reference";
    case ENUM:
      return enumDtype(type) ?? `${type.signed ? "int" : "uint"}${8 * type.size}`;
    case ARRAY:
      return dtypeOf(type.array_type!);
    default:
      throw new CellkernelError("format", `elements of HDF5 type class ${type.type} are not supported`);
  }
}

/** What `logical` has for NA. */
export const LOGICAL_NA = 2;

/** h5py stores NumPy's bool as an enumeration of FALSE and TRUE, R's hdf5r a logical as one of FALSE, TRUE and NA. */
function enumDtype({ size, enum_type }: Metadata): "bool" | "logical" | undefined {
  const { nmembers, members } = enum_type ?? {};
  if (size !== 1 || members?.FALSE !== 0 || members.TRUE !== 1) return undefined;
  if (nmembers === 2) return "bool";
  return nmembers === 3 && members.NA === LOGICAL_NA ? "logical" : undefined;
}

/** Turns the bytes of `count` elements, laid out as the library reads them, into values. */
export function decode(library: H5Library, type: Metadata, bytes: Uint8Array, count: number): Decoded {
  const dtype = dtypeOf(type);
  const plain = (values: Decoded["values"]): Decoded => ({ dtype, inner: [], values });
  switch (type.type) {
    case STRING:
      return plain(type.vlen ? pointedStrings(library, bytes, count) : fixedStrings(bytes, type, count));
    case COMPOUND:
      return plain(members(library, type, bytes, count));
    case REFERENCE:
      return plain(Array.from({ length: count }, (_, i) => bytes.slice(i * type.size, (i + 1) * type.size)));
    case ARRAY: {
      const inner = type.array_type!.shape!;
      const each = inner.reduce((product, dimension) => product * dimension, 1);
      return { ...decode(library, type.array_type!, bytes, count * each), inner };
    }
    default:
      return plain(numbers(dtype, bytes));
  }
}

function numbers(dtype: string, bytes: Uint8Array): TypedArray {
  // A copy of its own, so that the elements are aligned and the library's memory may move.
  const { buffer } = bytes.slice();
  switch (dtype) {
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
    case "logical":
      return new Uint8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    default:
      throw new CellkernelError("format", `elements of type ${dtype} are not supported`);
  }
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Variable-length strings: `bytes` holds 32-bit pointers into the library's memory. */
function pointedStrings(library: H5Library, bytes: Uint8Array, count: number): string[] {
  const pointers = new Uint32Array(bytes.slice().buffer, 0, count);
  const memory = Buffer.from(library.HEAPU8.buffer);
  return Array.from(pointers, (start) => (start === 0 ? "" : text(memory, start, memory.indexOf(0, start))));
}

function text(bytes: Buffer, start: number, end: number): string {
  if (!isUtf8(bytes.subarray(start, end)))
    throw new CellkernelError("format", "a text is not valid UTF-8; the file is damaged");
  return bytes.toString("utf8", start, end);
}

const NULL_TERMINATED = 0;
const NULL_PADDED = 1;
const SPACE = 32;

/**
 * Texts of a fixed width, which end at the first NUL, or where the padding of NULs (NumPy's) or blanks (Fortran's)
 * begins, as their type says.
 */
function fixedStrings(bytes: Uint8Array, { size, strpad }: Metadata, count: number): string[] {
  const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pad = strpad === NULL_PADDED ? 0 : SPACE;
  return Array.from({ length: count }, (_, i) => {
    const start = i * size;
    let end = start + size;
    if (strpad === NULL_TERMINATED) {
      const zero = memory.subarray(start, end).indexOf(0);
      return text(memory, start, zero < 0 ? end : start + zero);
    }
    while (end > start && memory[end - 1] === pad) end--;
    return text(memory, start, end);
  });
}

/** A compound's columns, each gathered from the rows. */
function members(library: H5Library, type: Metadata, bytes: Uint8Array, count: number): Map<string, Decoded> {
  const columns = new Map<string, Decoded>();
  for (const member of type.compound_type!.members) {
    const gathered = new Uint8Array(count * member.size);
    for (let i = 0; i < count; i++) {
      const at = i * type.size + member.offset;
      gathered.set(bytes.subarray(at, at + member.size), i * member.size);
    }
    columns.set(member.name, decode(library, member, gathered, count));
  }
  return columns;
}
