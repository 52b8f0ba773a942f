import { isUtf8 } from "node:buffer";
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
  /** Bytes after the header. */
  start: number;
  end: number;
}

/** Bytes of the header; one of 10,000 tensors takes some 1.5 MB. */
const MOST_HEADER = 2 ** 22;
/** PyTorch's own limit. */
const MOST_DIMENSIONS = 64;

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
  return openSafetensors(
    path,
    (entries) => new Map([...entries].map(([name, { shape }]) => [name, { shape }])),
  );
}

function openSafetensors<T>(
  path: string,
  use: (entries: Map<string, HeaderEntry>, read: (entry: HeaderEntry) => Uint8Array) => T,
): T {
  return withFile(path, (file) => {
    const broken = (what: string) =>
      new CellkernelError("format", `${path} is not a whole .safetensors file: ${what}`, { path });
    if (file.size < 8) throw broken("it has fewer than 8 bytes");
    const headerLength = Number(new DataView(file.read(0, 8).buffer).getBigUint64(0, true));
    if (headerLength > file.size - 8)
      throw broken(`its header of ${headerLength} bytes is longer than the file`);
    if (headerLength > MOST_HEADER) throw broken(`its header of ${headerLength} bytes is too long`);
    const dataStart = 8 + headerLength;
    let expected = 0;
    const text = Buffer.from(file.read(8, headerLength));
    if (!isUtf8(text)) throw broken("its header is not valid UTF-8");
    const entries = parseHeader(text.toString("utf8"), path, broken);
    const inOrder = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
    for (const [name, { start, end }] of inOrder) {
      // The format allows neither holes nor bytes of two tensors.
      if (start !== expected) throw broken(`tensor ${name} begins at byte ${start}, expected ${expected}`);
      expected = end;
    }
    if (dataStart + expected !== file.size)
      throw broken(`its tensors end at byte ${dataStart + expected} of ${file.size}`);
    return use(entries, ({ start, end }) => file.read(dataStart + start, end - start));
  });
}

/** What the header says of each tensor, checked. */
function parseHeader(
  text: string,
  path: string,
  broken: (what: string) => CellkernelError,
): Map<string, HeaderEntry> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw broken("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw broken("its header is no JSON object");
  const named = Object.entries(header);
  if (namesIn(text) !== named.length) throw broken("its header names a tensor twice");
  const entries = new Map<string, HeaderEntry>();
  for (const [name, entry] of named) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    if (typeof dtype !== "string") throw broken(`tensor ${name} has no type`);
    if (!Object.hasOwn(TYPES, dtype))
      throw new CellkernelError(
        "format",
        `${path}: tensor ${name} has elements of type ${dtype}, which is not supported`,
        { path },
      );
    if (!isCounts(shape) || shape.length > MOST_DIMENSIONS || !isCounts(offsets) || offsets.length !== 2)
      throw broken(`tensor ${name} has no shape or no place`);
    const type = dtype as keyof typeof TYPES;
    const [start, end] = offsets;
    const size = shape.reduce((product, n) => product * n, 1) * ELEMENT_BYTES[TYPES[type]];
    if (end - start !== size) throw broken(`tensor ${name} of shape [${shape}] has ${end - start} bytes`);
    entries.set(name, { dtype: type, shape, start, end });
  }
  return entries;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** Texts right inside the outermost object: its names, repeated ones too, which `JSON.parse` hides. */
function namesIn(json: string): number {
  let depth = 0;
  let names = 0;
  for (let at = 0; at < json.length; at++) {
    const letter = json[at];
    if (letter === "{" || letter === "[") depth++;
    else if (letter === "}" || letter === "]") depth--;
    else if (letter === '"') {
      if (depth === 1) names++;
      while (json[++at] !== '"') if (json[at] === "\\") at++;
    }
  }
  return names;
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
      return bytes;
    case "bool":
      return bytes.map((byte) => (byte === 0 ? 0 : 1));
    default:
      return toFloat32(type, bytes);
  }
}
