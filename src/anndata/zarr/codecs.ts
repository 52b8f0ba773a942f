import { isUtf8 } from "node:buffer";
import { gunzipSync, inflateSync } from "node:zlib";
import { registry } from "zarrita";
import { unpackedLimit } from "./limits.js";

/** A block of zstd unpacks to no more (RFC 8878, 3.1.1.2.4). */
const ZSTD_BLOCK = 2 ** 17;

/** zarrita's type of an entry is not exported by name. */
type Entry = Awaited<ReturnType<NonNullable<ReturnType<typeof registry.get>>>>;

/** Codecs by zarrita's rules (https://zarr-specs.readthedocs.io/en/latest/v3/codecs/index.html) with bounded output. */
export function boundCodecs(): void {
  for (const name of ["gzip", "numcodecs.gzip"]) registry.set(name, unpacking(gunzipSync));
  for (const name of ["zlib", "numcodecs.zlib"]) registry.set(name, unpacking(inflateSync));
  for (const [name, size] of [
    ["blosc", bloscSize],
    ["zstd", zstdSize],
    ["lz4", lz4Size],
  ] as const)
    for (const id of [name, `numcodecs.${name}`]) bound(id, size);
  for (const id of ["vlen-utf8", "numcodecs.vlen-utf8"])
    registry.set(id, async () => ({ fromConfig: (_, meta) => textCodec(meta.shape) }) as Entry);
}

/** Node's own decompression, which takes a limit. */
function unpacking(unpack: typeof gunzipSync): () => Promise<Entry> {
  const codec = (most: number) => {
    const decode = (bytes: Uint8Array) => {
      const unpacked = unpack(bytes, { maxOutputLength: Math.min(most, unpackedLimit(bytes.length)) });
      return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
    };
    return { kind: "bytes_to_bytes", decode, encode: decode };
  };
  return async () => ({ fromConfig: (_, meta) => codec(expectedBytes(meta)) }) as Entry;
}

/** Bytes of a chunk before it was packed, and room for a checksum; of texts nobody knows. */
function expectedBytes({ dataType, shape }: { dataType: string; shape: number[] }): number {
  const [, bits] = /^(?:u?int|float)(\d+)$/.exec(dataType) ?? [];
  const size = dataType === "bool" ? 1 : Number(bits) / 8;
  if (Number.isNaN(size)) return 2 ** 31;
  return Math.min(2 ** 31, shape.reduce((product, length) => product * length, size) + 64);
}

/** zarrita's codec, once the size in the chunk's header was looked at. */
function bound(name: string, sizeOf: (bytes: Uint8Array) => number): void {
  const load = registry.get(name)!;
  registry.set(name, async () => {
    const entry = await load();
    return {
      fromConfig(config, meta) {
        // The settings of a compressor are for writing, and other versions have others.
        const codec = entry.fromConfig({ ...(config as object), level: 1 }, meta);
        // Blocks of zstd that do not say their size count as full.
        const most = expectedBytes(meta) + ZSTD_BLOCK;
        return {
          kind: "bytes_to_bytes",
          encode: codec.encode,
          decode(bytes: Uint8Array) {
            const size = sizeOf(bytes);
            if (!(size <= Math.min(most, unpackedLimit(bytes.length))))
              throw new Error(`${bytes.length} bytes claim to unpack to ${size}`);
            return codec.decode(bytes);
          },
        };
      },
    } as Entry;
  });
}

/** https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst: bytes 4 to 8 of 16, and 12 to 16 the chunk's own. */
function bloscSize(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  if (bytes.length < 16 || view.getUint32(12, true) !== bytes.length) throw new Error("it is cut short");
  return view.getUint32(4, true);
}

/** numcodecs writes the size before the block. */
function lz4Size(bytes: Uint8Array): number {
  if (bytes.length < 4) throw new Error("it is cut short");
  return viewOf(bytes).getUint32(0, true);
}

/** The frame's content size (RFC 8878, 3.1.1.1), or as much as its blocks can hold where it does not say. */
function zstdSize(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error("it is no zstd frame");
  const descriptor = bytes[4];
  const single = (descriptor >> 5) & 1;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
  const width = [single, 2, 4, 8][descriptor >> 6];
  if (at + width > bytes.length) throw new Error("it is cut short");
  if (width === 1) return bytes[at];
  if (width === 2) return view.getUint16(at, true) + 256;
  if (width === 4) return view.getUint32(at, true);
  return width === 8 ? Number(view.getBigUint64(at, true)) : zstdBlocks(bytes, at) * ZSTD_BLOCK;
}

function zstdBlocks(bytes: Uint8Array, start: number): number {
  let count = 0;
  for (let at = start; at + 3 <= bytes.length; count++) {
    const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const repeated = ((header >> 1) & 3) === 1;
    at += 3 + (repeated ? 1 : header >> 3);
    if (header & 1) return count + 1;
  }
  throw new Error("it is cut short");
}

/**
 * Texts, each after its length in bytes (https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/vlen-utf8).
 * zarrita's own puts a replacement character where the bytes are not UTF-8.
 */
function textCodec(shape: number[]) {
  const expected = shape.reduce((product, length) => product * length, 1);
  const decode = (bytes: Uint8Array) => {
    const view = viewOf(bytes);
    const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 4 || view.getUint32(0, true) !== expected || bytes.length < 4 + 4 * expected)
      throw new Error(`it does not hold ${expected} texts`);
    const data = new Array<string>(expected);
    let at = 4;
    for (let i = 0; i < expected; i++) {
      const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
      if (end > bytes.length) throw new Error("a text is cut short");
      if (!isUtf8(memory.subarray(at + 4, end))) throw new Error("a text is not valid UTF-8");
      data[i] = memory.toString("utf8", at + 4, end);
      at = end;
    }
    return { data, shape, stride: shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1)) };
  };
  return { kind: "array_to_bytes", decode, encode: decode };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
