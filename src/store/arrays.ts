import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";

/** Element types of the arrays of a preparation or a training, by safetensors' names. */
export const TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  I8: Int8Array,
} as const;

/** The header's entry that is no array. */
const METADATA = "__metadata__";

/** An element type's name. */
export type TypeName = keyof typeof TYPES;
/** A flat array that `writeArrays` can write. */
export type NamedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Int8Array;

/**
 * Writes flat arrays of any of the types to one file.
 * Format: https://huggingface.co/docs/safetensors, so that Python reads them by name as well.
 * @param metadata texts that stand in the header
 */
export function writeArrays(
  path: string,
  arrays: Map<string, NamedArray>,
  metadata?: Record<string, string>,
): void {
  const header: Record<string, unknown> = metadata ? { [METADATA]: metadata } : {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  // Wide elements first, so that every array begins at a multiple of its element's size.
  const entries = [...arrays].sort(([, a], [, b]) => b.BYTES_PER_ELEMENT - a.BYTES_PER_ELEMENT);
  for (const [name, array] of entries) {
    const end = offset + array.byteLength;
    header[name] = { dtype: typeName(array), shape: [array.length], data_offsets: [offset, end] };
    parts.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    offset = end;
  }
  const json = JSON.stringify(header);
  const bytes = Buffer.byteLength(json);
  const text = Buffer.from(json + " ".repeat((8 - (bytes % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileAtomically(path, [length, text, ...parts]);
}

/** Reads what `writeArrays` wrote, to shared memory. */
export function readArrays(path: string): Map<string, NamedArray> {
  return readArraysAndMetadata(path).arrays;
}

/** The same with the texts of the header. */
export function readArraysAndMetadata(path: string): {
  arrays: Map<string, NamedArray>;
  metadata: Record<string, string>;
} {
  const fd = openSync(path, "r");
  try {
    const size = fstatSync(fd).size;
    const length = Number(new DataView(readAt(fd, 0, 8, path).buffer).getBigUint64(0, true));
    if (!(length <= size - 8)) throw new CellkernelError("format", `${path} is cut short.`, { path });
    const { [METADATA]: metadata = {}, ...header } = JSON.parse(
      Buffer.from(readAt(fd, 8, length, path)).toString("utf8"),
    );
    const arrays = new Map(
      Object.entries(header as Record<string, { dtype: TypeName; data_offsets: [number, number] }>).map(
        ([
          name,
          {
            dtype,
            data_offsets: [start, end],
          },
        ]) => {
          const { buffer } = readAt(fd, 8 + length + start, end - start, path);
          const View: new (buffer: ArrayBufferLike) => NamedArray = TYPES[dtype];
          return [name, new View(buffer)];
        },
      ),
    );
    return { arrays, metadata };
  } finally {
    closeSync(fd);
  }
}

/** The name of an array's element type. */
export function typeName(array: NamedArray): TypeName {
  return (Object.keys(TYPES) as TypeName[]).find((name) => array instanceof TYPES[name]) as TypeName;
}

/** One read call takes at most 2 GiB. */
function readAt(fd: number, position: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  for (let at = 0; at < length; ) {
    const read = readSync(fd, bytes, at, Math.min(length - at, 2 ** 30), position + at);
    if (read === 0) throw new CellkernelError("format", `${path} is cut short.`, { path });
    at += read;
  }
  return bytes;
}
