import type { CompoundMember } from "h5wasm/node";
import type { Decoded, TypedArray } from "./decode.js";
import type { H5Output } from "./output.js";
import { TEXT_TYPE } from "./types.js";

/** Writes a dataset of records, which lie in the file one after the other with all their fields. */
export function writeCompound(
  out: H5Output,
  path: string,
  fields: ReadonlyMap<string, Decoded>,
  shape: number[],
): void {
  const texts = [...fields].flatMap(([, { values }]) => (Array.isArray(values) ? (values as string[]) : []));
  out.withTexts(texts, (pointers) => {
    let used = 0;
    const parts = Array.from(fields, ([name, { dtype, values }]) => {
      if (!Array.isArray(values)) return numberField(name, dtype, values as TypedArray);
      const bytes = pointers.subarray(used, used + 4 * values.length);
      used += bytes.length;
      return { member: { ...MEMBER, ...TEXT_TYPE, name }, bytes };
    });
    writeRows(out, path, shape, parts);
  });
}

interface Part {
  member: CompoundMember;
  /** The field of every record, one after the other. */
  bytes: Uint8Array;
}

const MEMBER = { offset: 0, littleEndian: true, shape: [], maxshape: [], chunks: null, total_size: 1 };

function numberField(name: string, dtype: string, values: TypedArray): Part {
  const type = dtype.startsWith("float") ? 1 : 0;
  const size = values.BYTES_PER_ELEMENT;
  const member = { ...MEMBER, name, type, size, signed: dtype.startsWith("int"), vlen: false };
  return { member, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function writeRows(out: H5Output, path: string, shape: number[], parts: Part[]): void {
  const count = shape.reduce((product, length) => product * length, 1);
  const size = parts.reduce((total, { member }) => total + member.size, 0);
  const rows = new Uint8Array(count * size);
  let offset = 0;
  for (const { member, bytes } of parts) {
    member.offset = offset;
    for (let i = 0; i < count; i++) {
      rows.set(bytes.subarray(i * member.size, (i + 1) * member.size), i * size + offset);
    }
    offset += member.size;
  }
  const members = parts.map(({ member }) => member);
  const compound_type = { nmembers: members.length, members };
  out.bytes(path, rows, shape, {
    type: 6,
    size,
    signed: false,
    vlen: false,
    littleEndian: true,
    compound_type,
  });
}
