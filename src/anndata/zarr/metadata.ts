import { CellkernelError } from "../../support/error.js";
import { dtypeOf, type ElementType, sizeOf, typeOfV2, typeOfV3 } from "./elements.js";

/** A stored array, as its metadata describe it. */
export interface ZarrArray {
  kind: "dataset";
  /** 2 or 3: the version of the format. */
  version: 2 | 3;
  attributes: Record<string, unknown>;
  shape: number[];
  /** Dimensions of what is unpacked at a time: a chunk, or a part of a shard. */
  chunks: number[];
  type: ElementType;
  /** What elements are that were not stored: as many bytes as one has, little-endian, or a text. */
  fill: Uint8Array | string;
  /** The metadata that zarrita reads it by; elements that it does not know become bytes, along a last dimension. */
  metadata: string;
  asBytes: boolean;
}

export interface ZarrGroup {
  kind: "group";
  version: 2 | 3;
  attributes: Record<string, unknown>;
}

/** One chunk unpacks to no more. */
const MOST_CHUNK = 2 ** 30;
/** NumPy's own limit. */
const MOST_DIMENSIONS = 64;

type Json = Record<string, unknown>;

/** https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#array-metadata */
export function arrayOfV3(json: Json, where: string): ZarrArray {
  const grid = object(object(json.chunk_grid).configuration);
  if (object(json.chunk_grid).name !== "regular") throw damaged(where, "its chunks are of several sizes");
  const outer = lengths(grid.chunk_shape, where);
  const codecs = list(json.codecs).map(object);
  const sharding = codecs.find(({ name }) => name === "sharding_indexed");
  const inner = object(sharding?.configuration);
  const chunks = sharding ? lengths(inner.chunk_shape, where) : outer;
  const stored = sharding ? list(inner.codecs).map(object) : codecs;
  const bytes = stored.find(({ name }) => name === "bytes");
  const little = object(bytes?.configuration).endian !== "big";
  const type = typeOfV3(json.data_type, little) ?? unknownType(json.data_type, where);
  const array = checked({ ...base(json, 3), type, chunks, fill: fillOf(json.fill_value, type) }, where);
  if (sharding && outer.reduce((n, length, i) => n * (length / chunks[i]), 1) > 2 ** 24)
    throw damaged(where, `its shards claim ${outer.join(" × ")} elements in parts of ${chunks.join(" × ")}`);
  const wide = array.asBytes ? [sizeOf(type)] : [];
  const metadata = {
    ...json,
    attributes: {},
    shape: [...array.shape, ...wide],
    data_type: array.asBytes ? "uint8" : carrier(type, json.data_type),
    fill_value: carriedFill(json.fill_value, array),
    chunk_grid: { name: "regular", configuration: { chunk_shape: [...outer, ...wide] } },
    codecs: codecs.map((codec) =>
      codec === sharding
        ? { ...codec, configuration: { ...inner, chunk_shape: [...chunks, ...wide] } }
        : codec,
    ),
  };
  return { ...array, metadata: JSON.stringify(metadata) };
}

/** https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#arrays */
export function arrayOfV2(json: Json, attributes: Json, where: string): ZarrArray {
  const type = typeOfV2(json.dtype) ?? unknownType(json.dtype, where);
  const filters = list(json.filters ?? []).map(object);
  if (type.kind === "texts" && !filters.some(({ id }) => id === "vlen-utf8"))
    throw unknownType(`objects by ${filters.map(({ id }) => id).join(", ") || "no filter"}`, where);
  const chunks = lengths(json.chunks, where);
  const array = checked(
    { ...base({ ...json, attributes }, 2), type, chunks, fill: fillOf(json.fill_value, type) },
    where,
  );
  const wide = array.asBytes ? [sizeOf(type)] : [];
  if (array.asBytes && json.order === "F" && array.shape.length > 1)
    throw damaged(where, "its texts or records are stored by columns");
  const metadata = {
    ...json,
    shape: [...array.shape, ...wide],
    chunks: [...chunks, ...wide],
    dtype: array.asBytes ? "|u1" : carrier(type, json.dtype),
    order: array.asBytes ? "C" : json.order,
    fill_value: carriedFill(json.fill_value, array),
  };
  return { ...array, metadata: JSON.stringify(metadata) };
}

/** Half precision is read as the integers of the same bits: zarrita needs a type for it that Node 20 lacks. */
function carrier(type: ElementType, given: unknown): unknown {
  if (type.kind !== "number" || type.dtype !== "float16") return given;
  return typeof given === "string" && given.length === 3 ? given.replace("f", "u") : "uint16";
}

function carriedFill(value: unknown, { type, fill, asBytes }: ZarrArray): unknown {
  if (type.kind === "texts") return fill;
  return asBytes || value === null || value === undefined || dtypeOf(type) === "float16" ? 0 : value;
}

function base(json: Json, version: 2 | 3) {
  const shape = json.shape;
  return { kind: "dataset" as const, version, attributes: object(json.attributes), shape };
}

function checked(
  array: Omit<ZarrArray, "shape" | "metadata" | "asBytes"> & { shape: unknown },
  where: string,
): ZarrArray {
  const { type, chunks } = array;
  const shape = lengths(array.shape, where, 0);
  if (chunks.length !== shape.length || shape.length > MOST_DIMENSIONS)
    throw damaged(where, `it has ${shape.length} dimensions in chunks of ${chunks.length}`);
  const bytes = chunks.reduce((product, length) => product * length, sizeOf(type));
  if (bytes > MOST_CHUNK)
    throw damaged(
      where,
      `its chunks claim ${chunks.join(" × ")} elements, too many to be unpacked at once; write it in smaller chunks`,
    );
  const asBytes = type.kind === "utf32" || type.kind === "bytes" || type.kind === "records";
  return { ...array, shape, asBytes, metadata: "" };
}

function lengths(value: unknown, where: string, least = 1): number[] {
  if (!Array.isArray(value) || !value.every((n) => Number.isSafeInteger(n) && n >= least))
    throw damaged(where, `its metadata give a size of ${JSON.stringify(value)}`);
  return value as number[];
}

function fillOf(value: unknown, type: ElementType): Uint8Array | string {
  if (type.kind === "texts") return typeof value === "string" ? value : "";
  const bytes = new Uint8Array(type.size);
  if (type.kind !== "number" || value === null || value === undefined) return bytes;
  const view = new DataView(bytes.buffer);
  switch (type.dtype) {
    case "float64":
      view.setFloat64(0, Number(value), true);
      break;
    case "float32":
      view.setFloat32(0, Number(value), true);
      break;
    case "float16":
      // Only zero and NaN stand for what is missing.
      view.setUint16(0, Number.isNaN(Number(value)) ? 0x7e00 : 0, true);
      break;
    default: {
      const whole = BigInt.asUintN(64, BigInt(Math.trunc(Number(value)) || 0));
      for (let i = 0; i < type.size; i++) bytes[i] = Number((whole >> BigInt(8 * i)) & 0xffn);
    }
  }
  return bytes;
}

function unknownType(dtype: unknown, where: string): never {
  throw new CellkernelError(
    "format",
    `${where} has elements of type ${JSON.stringify(dtype)}, which are not supported.`,
    {
      member: where,
    },
  );
}

function damaged(where: string, what: string): CellkernelError {
  return new CellkernelError("format", `${where}: ${what}; the store may be damaged.`, { member: where });
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
