import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { TypedArray } from "../hdf5/decode.js";
import type { GrowingArray } from "../storage.js";
import { bytesOf, type StoredType } from "./encode.js";

/** Fast rather than small, as the compression that anndata writes with. */
const LEVEL = 1;

/** The folder of an array being written, chunked along its first dimension; its metadata come last. */
export class StoredArray {
  /**
   * @param rows of a chunk; may change until the first is written
   * @param packed whether chunks are gzipped
   */
  constructor(
    private readonly folder: string,
    private readonly version: 2 | 3,
    private readonly type: StoredType,
    public rows: number,
    private readonly dimensions: number,
    private readonly packed = true,
  ) {}

  /** Writes the chunk of that number, of as many elements as a chunk has. */
  write(index: number, bytes: Uint8Array): void {
    const coordinates = Array.from({ length: this.dimensions }, (_, axis) => (axis === 0 ? index : 0));
    const name = this.version === 2 ? coordinates.join(".") || "0" : ["c", ...coordinates].join("/");
    const path = join(this.folder, name);
    if (this.version === 3) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.packed ? gzipSync(bytes, { level: LEVEL }) : bytes);
  }

  close(shape: number[]): void {
    const chunks = shape.map((length, axis) => Math.max(1, axis === 0 ? this.rows : length));
    const { version, type, packed } = this;
    const metadataOf = version === 2 ? metadataV2 : metadataV3;
    const metadata = metadataOf(type, shape, chunks, packed);
    writeFileSync(
      join(this.folder, version === 2 ? ".zarray" : "zarr.json"),
      JSON.stringify(metadata, null, 2),
    );
  }
}

/** https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#arrays */
function metadataV2({ v2, fill, texts }: StoredType, shape: number[], chunks: number[], packed: boolean) {
  return {
    zarr_format: 2,
    shape,
    chunks,
    dtype: v2,
    fill_value: fill,
    order: "C",
    filters: texts ? [{ id: "vlen-utf8" }] : null,
    dimension_separator: ".",
    compressor: packed ? { id: "gzip", level: LEVEL } : null,
  };
}

/** https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#array-metadata */
function metadataV3({ v3, fill, texts }: StoredType, shape: number[], chunks: number[], packed: boolean) {
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: v3,
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: fill,
    codecs: [
      texts ? { name: "vlen-utf8" } : { name: "bytes", configuration: { endian: "little" } },
      ...(packed ? [{ name: "gzip", configuration: { level: LEVEL } }] : []),
    ],
    attributes: {},
    storage_transformers: [],
  };
}

/** An array that rows are added to; a chunk is written when it is full. */
export class GrowingChunks implements GrowingArray {
  length = 0;
  private written = 0;
  private readonly buffer: Uint8Array[] = [];
  private buffered = 0;

  /** @param bytes of a row */
  constructor(
    private readonly array: StoredArray,
    private readonly bytes: number,
    private readonly width: number | undefined,
  ) {}

  append(values: TypedArray): void {
    const rows = this.width === 0 ? 0 : values.length / (this.width ?? 1);
    this.length += rows;
    let rest = bytesOf(values).slice();
    const chunk = this.array.rows * this.bytes;
    while (chunk > 0 && this.buffered + rest.length >= chunk) {
      const head = rest.subarray(0, chunk - this.buffered);
      this.buffer.push(head);
      this.array.write(this.written++, Buffer.concat(this.buffer));
      this.buffer.length = 0;
      this.buffered = 0;
      rest = rest.subarray(head.length);
    }
    if (rest.length === 0) return;
    this.buffer.push(rest);
    this.buffered += rest.length;
  }

  /** Writes the last chunk, filled up with zeros, and the metadata. */
  close(): void {
    if (this.written === 0) this.array.rows = Math.max(1, this.length);
    if (this.buffered > 0) {
      const last = new Uint8Array(this.array.rows * this.bytes);
      Buffer.concat(this.buffer).copy(last);
      this.array.write(this.written++, last);
    }
    this.array.close(this.width === undefined ? [this.length] : [this.length, this.width]);
  }
}
