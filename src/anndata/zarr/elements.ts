import { type Decoded, halfToNumber, type TypedArray } from "../hdf5/decode.js";

/** What the elements of a stored array are. */
export type ElementType =
  | { kind: "number"; dtype: string; size: number; little: boolean }
  | { kind: "texts" }
  | { kind: "utf32" | "bytes"; size: number; little: boolean }
  | { kind: "records"; fields: [string, ElementType][]; size: number };

/** Bytes of one element in memory; of a text of any length as many as it takes at least. */
export function sizeOf(type: ElementType): number {
  return type.kind === "texts" ? 24 : type.size;
}

/** NumPy's name of the type; also `str` and `compound`. */
export function dtypeOf(type: ElementType): string {
  return type.kind === "number" ? type.dtype : type.kind === "records" ? "compound" : "str";
}

const LETTERS: Record<string, string> = { b: "bool", i: "int", u: "uint", f: "float" };
const NUMBERS = /^(bool|float(16|32|64)|u?int(8|16|32|64))$/;

/** The type that a `.zarray` names as NumPy does: "<f4", "|O", [["name", "<U8"], …]. */
export function typeOfV2(dtype: unknown): ElementType | undefined {
  if (Array.isArray(dtype)) return recordsOf(dtype, typeOfV2);
  const [, order, letter, digits] = /^([<>|])([biufUSO])(\d*)$/.exec(String(dtype)) ?? [];
  if (letter === undefined) return undefined;
  if (letter === "O") return { kind: "texts" };
  const little = order !== ">";
  const size = Number(digits);
  if (letter === "U") return { kind: "utf32", size: 4 * size, little };
  if (letter === "S") return { kind: "bytes", size, little };
  return numberOf(letter === "b" ? "bool" : `${LETTERS[letter]}${8 * size}`, little);
}

/** The type that a `zarr.json` names: "float32", { name: "fixed_length_utf32", … }. */
export function typeOfV3(type: unknown, little: boolean): ElementType | undefined {
  if (type === "string") return { kind: "texts" };
  if (typeof type === "string") return numberOf(type, little);
  const { name, configuration = {} } = (type ?? {}) as {
    name?: string;
    configuration?: Record<string, unknown>;
  };
  const size = Number(configuration.length_bytes);
  if (name === "fixed_length_utf32") return { kind: "utf32", size, little };
  if (name === "null_terminated_bytes") return { kind: "bytes", size, little };
  if ((name === "structured" || name === "struct") && Array.isArray(configuration.fields))
    return recordsOf(configuration.fields, (field) => typeOfV3(field, little));
  return undefined;
}

function numberOf(dtype: string, little: boolean): ElementType | undefined {
  if (!NUMBERS.test(dtype)) return undefined;
  return { kind: "number", dtype, size: dtype === "bool" ? 1 : Number(dtype.replace(/\D/g, "")) / 8, little };
}

function recordsOf(
  list: unknown[],
  typeOf: (dtype: unknown) => ElementType | undefined,
): ElementType | undefined {
  const fields: [string, ElementType][] = [];
  for (const entry of list) {
    const [name, dtype] = Array.isArray(entry)
      ? entry
      : [(entry as { name?: unknown })?.name, (entry as { data_type?: unknown })?.data_type];
    const type = typeOf(dtype);
    if (typeof name !== "string" || !type || type.kind === "texts" || type.kind === "records")
      return undefined;
    fields.push([name, type]);
  }
  return { kind: "records", fields, size: fields.reduce((total, [, type]) => total + sizeOf(type), 0) };
}

/** Turns the bytes of elements of a fixed size into values. */
export function decodeBytes(type: ElementType, bytes: Uint8Array): Decoded {
  const plain = (values: Decoded["values"]): Decoded => ({ dtype: dtypeOf(type), inner: [], values });
  switch (type.kind) {
    case "number":
      return plain(numbers(type.dtype, type.little ? bytes : swapped(bytes, type.size)));
    case "utf32":
      return plain(elements(bytes, type.size, (view) => utf32(view, type.little)));
    case "bytes":
      return plain(elements(bytes, type.size, latin1));
    case "records": {
      const columns = new Map<string, Decoded>();
      let offset = 0;
      for (const [name, field] of type.fields) {
        const size = sizeOf(field);
        const count = bytes.length / type.size;
        const gathered = new Uint8Array(count * size);
        for (let i = 0; i < count; i++)
          gathered.set(bytes.subarray(i * type.size + offset, i * type.size + offset + size), i * size);
        columns.set(name, decodeBytes(field, gathered));
        offset += size;
      }
      return plain(columns);
    }
    default:
      throw new TypeError("texts of any length have no bytes of their own");
  }
}

/** Numbers of little-endian bytes that begin at the start of their buffer. */
export function numbers(dtype: string, bytes: Uint8Array): TypedArray {
  const { buffer, byteOffset, byteLength } = bytes;
  const of = <T>(View: { new (b: ArrayBufferLike, o: number, n: number): T; BYTES_PER_ELEMENT: number }): T =>
    new View(buffer, byteOffset, byteLength / View.BYTES_PER_ELEMENT);
  switch (dtype) {
    case "bool":
    case "uint8":
      return of(Uint8Array);
    case "int8":
      return of(Int8Array);
    case "int16":
      return of(Int16Array);
    case "uint16":
      return of(Uint16Array);
    case "int32":
      return of(Int32Array);
    case "uint32":
      return of(Uint32Array);
    case "int64":
      return of(BigInt64Array);
    case "uint64":
      return of(BigUint64Array);
    case "float16":
      return Float32Array.from(of(Uint16Array), halfToNumber);
    case "float32":
      return of(Float32Array);
    default:
      return of(Float64Array);
  }
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size)
    for (let i = 0; i < size; i++) out[at + i] = bytes[at + size - 1 - i];
  return out;
}

function elements(bytes: Uint8Array, size: number, text: (view: DataView) => string): string[] {
  const count = size === 0 ? 0 : bytes.length / size;
  return Array.from({ length: count }, (_, i) =>
    text(new DataView(bytes.buffer, bytes.byteOffset + i * size, size)),
  );
}

/** NumPy fills up with zeros. */
function utf32(view: DataView, little: boolean): string {
  let out = "";
  for (let at = 0; at < view.byteLength; at += 4) {
    const point = view.getUint32(at, little);
    if (point === 0) continue;
    if (point > 0x10ffff) throw new RangeError("a text holds what is no character");
    out += String.fromCodePoint(point);
  }
  return out;
}

function latin1(view: DataView): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
