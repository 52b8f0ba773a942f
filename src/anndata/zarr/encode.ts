import type { Decoded, TypedArray } from "../hdf5/decode.js";

/** How an element type is named in both versions' metadata, and what stands for elements that are not stored. */
export interface StoredType {
  v2: unknown;
  v3: unknown;
  fill: number | boolean | string | null;
  /** Whether elements are texts of any length. */
  texts?: boolean;
}

export const TEXTS: StoredType = { v2: "|O", v3: "string", fill: "", texts: true };
export const FLAGS: StoredType = { v2: "|b1", v3: "bool", fill: false };

/** The type of a typed array's elements. */
export function numberType(values: TypedArray): StoredType {
  const name = values.constructor.name.replace("Array", "").replace("Big", "").toLowerCase();
  const letter = name.startsWith("float") ? "f" : name.startsWith("u") ? "u" : "i";
  const size = values.BYTES_PER_ELEMENT;
  return { v2: `${size === 1 ? "|" : "<"}${letter}${size}`, v3: name, fill: 0 };
}

export function bytesOf(values: TypedArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** vlen-utf8: how many texts, and each after its length in bytes; all as 32 bits, little-endian. */
export function encodeTexts(values: readonly string[]): Uint8Array {
  const texts = values.map((text) => Buffer.from(text, "utf8"));
  const out = Buffer.alloc(texts.reduce((total, { length }) => total + 4 + length, 4));
  let at = out.writeUInt32LE(texts.length, 0);
  for (const text of texts) {
    at = out.writeUInt32LE(text.length, at);
    at += text.copy(out, at);
  }
  return out;
}

/** Records as NumPy has them: field after field, texts filled up with zeros to the longest, 4 bytes a character. */
export function encodeRecords(fields: ReadonlyMap<string, Decoded>): { type: StoredType; bytes: Uint8Array } {
  const parts = Array.from(fields, ([name, { values }]) => {
    if (Array.isArray(values)) return textField(name, values as string[]);
    const { v2, v3 } = numberType(values as TypedArray);
    const bytes = bytesOf(values as TypedArray);
    return { v2: [name, v2], v3: [name, v3], size: (values as TypedArray).BYTES_PER_ELEMENT, bytes };
  });
  const size = parts.reduce((total, part) => total + part.size, 0);
  const count = parts.length === 0 ? 0 : parts[0].bytes.length / parts[0].size;
  const bytes = new Uint8Array(count * size);
  let offset = 0;
  for (const part of parts) {
    for (let i = 0; i < count; i++)
      bytes.set(part.bytes.subarray(i * part.size, (i + 1) * part.size), i * size + offset);
    offset += part.size;
  }
  const type: StoredType = {
    v2: parts.map(({ v2 }) => v2),
    v3: { name: "structured", configuration: { fields: parts.map(({ v3 }) => v3) } },
    // zarr-python wants the bytes of a record of zeros.
    fill: Buffer.alloc(size).toString("base64"),
  };
  return { type, bytes };
}

function textField(name: string, values: readonly string[]) {
  const points = values.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const longest = points.reduce((most, { length }) => Math.max(most, length), 1);
  const view = new Uint32Array(values.length * longest);
  points.forEach((text, i) => {
    view.set(text, i * longest);
  });
  const v3 = { name: "fixed_length_utf32", configuration: { length_bytes: 4 * longest } };
  return { v2: [name, `<U${longest}`], v3: [name, v3], size: 4 * longest, bytes: bytesOf(view) };
}
