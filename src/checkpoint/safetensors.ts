import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";
import { ELEMENT_BYTES, type ElementType, toFloat32 } from "./elements.js";
import { withFile } from "./file.js";
import type { Weights } from "./weights.js";

// Format: https://huggingface.co/docs/safetensors — 8 bytes: length of the header; the header, JSON; the tensors.
const TYPES = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
} as const satisfies Record<string, ElementType>;

/** A tensor of a safetensors file with its own element type. */
export interface SafeTensor {
  /** The format's name, for instance "F32". */
  dtype: keyof typeof TYPES;
  shape: number[];
  /** Float64, Float32, BigInt64, Int32, Int16, Int8 or Uint8; float16 and bfloat16 are widened to float32. */
  data: Float64Array | Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;
}

interface HeaderEntry {
  dtype: keyof typeof TYPES;
  shape: number[];
  data_offsets: [number, number];
}

/** Reads every tensor of a .safetensors file, in the header's order. */
export function readSafetensors(path: string): Map<string, SafeTensor> {
  return openSafetensors(path, (entries, read) => {
    const tensors = new Map<string, SafeTensor>();
    for (const [name, entry] of entries) {
      const { dtype, shape } = entry;
      tensors.set(name, { dtype, shape, data: typed(TYPES[dtype], read(entry)) });
    }
    return tensors;
  });
}

/** The shapes of the tensors of a .safetensors file, without their values. */
export function safetensorsShapes(path: string): Map<string, { shape: number[] }> {
  return openSafetensors(path, (entries) => new Map(entries.map(([name, { shape }]) => [name, { shape }])));
}

function openSafetensors<T>(
  path: string,
  use: (entries: [string, HeaderEntry][], read: (entry: HeaderEntry) => Uint8Array) => T,
): T {
  return withFile(path, (file) => {
    const broken = (what: string) =>
      new CellkernelError("format", `${path} is not a whole .safetensors file: ${what}`, { path });
    if (file.size < 8) throw broken("it has fewer than 8 bytes");
    const headerLength = Number(new DataView(file.read(0, 8).buffer).getBigUint64(0, true));
    if (headerLength > file.size - 8)
      throw broken(`its header of ${headerLength} bytes is longer than the file`);
    let header: Record<string, HeaderEntry>;
    try {
      header = JSON.parse(Buffer.from(file.read(8, headerLength)).toString("utf8"));
    } catch {
      throw broken("its header is not JSON");
    }
    const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
    for (const [name, entry] of entries) {
      const type = TYPES[entry.dtype];
      if (!type)
        throw new CellkernelError(
          "format",
          `${path}: tensor ${name} has elements of type ${entry.dtype}, which is not supported`,
          { path },
        );
      const [start, end] = entry.data_offsets ?? [];
      const size = entry.shape?.reduce((product, n) => product * n, 1) * ELEMENT_BYTES[type];
      if (end - start !== size)
        throw broken(`tensor ${name} of shape [${entry.shape}] has ${end - start} bytes`);
    }
    return use(entries, ({ data_offsets: [start, end] }) => file.read(8 + headerLength + start, end - start));
  });
}

/** Reads a model's weights from a .safetensors file; all element types become float32. */
export function readSafetensorsWeights(path: string): Weights {
  const weights: Weights = new Map();
  for (const [name, { shape, data }] of readSafetensors(path))
    weights.set(name, {
      shape,
      data: data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number),
    });
  return weights;
}

/** Writes float32 weights as a .safetensors file; tensors begin at multiples of 8 bytes. */
export function writeSafetensors(
  path: string,
  weights: Weights,
  metadata: Record<string, string> = {},
): void {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let offset = 0;
  for (const [name, { shape, data }] of weights) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(
    json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8 - Buffer.byteLength(json) + json.length),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bytes = [...weights.values()].map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  writeFileAtomically(path, [length, text, ...bytes]);
}

function typed(type: ElementType, bytes: Uint8Array): SafeTensor["data"] {
  const { buffer } = bytes;
  switch (type) {
    case "float64":
      return new Float64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return bytes;
    default:
      return toFloat32(type, bytes);
  }
}
