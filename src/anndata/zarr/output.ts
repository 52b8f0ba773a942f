import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { Decoded, TypedArray } from "../hdf5/decode.js";
import type { GrowingArray, Output } from "../storage.js";
import { bytesOf, encodeRecords, encodeTexts, FLAGS, numberType, type StoredType, TEXTS } from "./encode.js";
import { GrowingChunks, StoredArray } from "./storedArray.js";

/** Bytes of a chunk of numbers, and texts of one. */
const CHUNK_BYTES = 2 ** 22;
const CHUNK_TEXTS = 65_536;

type Json = Record<string, unknown>;

/**
 * A Zarr store being written, of either version of the format, its chunks gzipped, in a folder that nobody else knows of.
 *
 * Source: https://zarr-specs.readthedocs.io/en/latest/specs.html
 */
export class ZarrOutput implements Output {
  /** Attributes of what was written, until the end. */
  private readonly attributes = new Map<string, Json>();
  private readonly open: GrowingChunks[] = [];

  constructor(
    private readonly folder: string,
    private readonly version: 2 | 3,
  ) {
    if (!this.exists("/")) this.group("/");
  }

  group(path: string): void {
    const folder = this.empty(path);
    mkdirSync(folder, { recursive: true });
    if (this.version === 2) writeJson(join(folder, ".zgroup"), { zarr_format: 2 });
    else writeJson(join(folder, "zarr.json"), { zarr_format: 3, node_type: "group", attributes: {} });
  }

  exists(path: string): boolean {
    const folder = this.place(path);
    return ["zarr.json", ".zgroup", ".zarray"].some((name) => existsSync(join(folder, name)));
  }

  attribute(path: string, name: string, value: string | readonly string[] | TypedArray): void {
    const known = this.attributes.get(path) ?? this.storedAttributes(path);
    this.attributes.set(path, { ...known, [name]: plain(value) });
  }

  encoding(path: string, type: string, version: string): void {
    this.attribute(path, "encoding-type", type);
    this.attribute(path, "encoding-version", version);
  }

  texts(path: string, values: readonly string[], shape: number[] = [values.length]): void {
    const width = shape.slice(1).reduce((product, length) => product * length, 1);
    const rows = Math.max(1, Math.floor(CHUNK_TEXTS / Math.max(1, width)));
    const array = this.array(path, TEXTS, shape, rows);
    for (let i = 0; i * rows < (shape[0] ?? 1); i++) {
      const part = values.slice(i * rows * width, (i + 1) * rows * width);
      while (part.length < array.rows * width) part.push("");
      array.write(i, encodeTexts(part));
    }
    array.close(shape);
  }

  numbers(path: string, values: TypedArray, shape: number[] = [values.length]): void {
    this.bytes(path, numberType(values), bytesOf(values), shape);
  }

  flags(path: string, values: Uint8Array, shape: number[] = [values.length]): void {
    this.bytes(path, FLAGS, values, shape);
  }

  records(path: string, fields: ReadonlyMap<string, Decoded>, shape: number[]): void {
    const { type, bytes } = encodeRecords(fields);
    this.bytes(path, type, bytes, shape);
  }

  /**
   * @param form.flags its elements are booleans
   * @param form.plain its chunks are not gzipped: numbers that hardly get smaller are written as fast as the disk is
   */
  growing(
    path: string,
    kind: TypedArray,
    width?: number,
    { flags = false, plain = false }: { flags?: boolean; plain?: boolean } = {},
  ): GrowingArray {
    const bytes = (width ?? 1) * kind.BYTES_PER_ELEMENT;
    const shape = width === undefined ? [0] : [0, width];
    const array = this.array(path, flags ? FLAGS : numberType(kind), shape, rowsOfChunk(bytes), !plain);
    const growing = new GrowingChunks(array, bytes, width);
    this.open.push(growing);
    return growing;
  }

  close(): void {
    for (const array of this.open) array.close();
    for (const [path, attributes] of this.attributes) this.writeAttributes(path, attributes);
    this.consolidate();
  }

  abandon(): void {
    // Nothing is open between two calls.
  }

  private bytes(path: string, type: StoredType, values: Uint8Array, shape: number[]): void {
    const rows = shape[0] ?? 1;
    const width = rows === 0 ? 1 : values.length / rows;
    const array = this.array(path, type, shape, rowsOfChunk(width));
    for (let i = 0; i * array.rows < rows && width > 0; i++)
      array.write(
        i,
        padded(values.subarray(i * array.rows * width, (i + 1) * array.rows * width), array.rows * width),
      );
    array.close(shape);
  }

  /** Makes an array that is chunked along its first dimension. */
  private array(path: string, type: StoredType, shape: number[], most: number, packed = true): StoredArray {
    const folder = this.empty(path);
    mkdirSync(folder);
    // One that will grow has no length yet.
    const rows = shape[0] === 0 ? most : Math.min(most, shape[0] ?? 1);
    return new StoredArray(folder, this.version, type, rows, shape.length, packed);
  }

  /** The folder of a path, without what stood there. */
  private empty(path: string): string {
    const folder = this.place(path);
    if (path !== "/") rmSync(folder, { recursive: true, force: true });
    for (const known of this.attributes.keys())
      if (known === path || known.startsWith(`${path}/`)) this.attributes.delete(known);
    this.attributes.set(path, {});
    return folder;
  }

  /**
   * The folder of a path. Its names come from whatever file was read: one that leads out of the store, or takes the place
   * of its metadata, is refused before anything is made or removed.
   */
  private place(path: string): string {
    const names = path === "/" ? [] : path.split("/").slice(1);
    const wrong = names.find((name) =>
      /^\.{0,2}$|[\\\0]|^(zarr\.json|\.z(group|array|attrs|metadata))$/.test(name),
    );
    if (wrong !== undefined)
      throw new CellkernelError(
        "names",
        `${path}: what is called "${wrong}" cannot be written to a Zarr store; rename it, or write an .h5ad file.`,
        { member: path },
      );
    return join(this.folder, ...names);
  }

  private storedAttributes(path: string): Json {
    const folder = this.place(path);
    if (this.version === 3) return (readJson(join(folder, "zarr.json")).attributes ?? {}) as Json;
    return existsSync(join(folder, ".zattrs")) ? readJson(join(folder, ".zattrs")) : {};
  }

  private writeAttributes(path: string, attributes: Json): void {
    const folder = this.place(path);
    if (this.version === 2) writeJson(join(folder, ".zattrs"), attributes);
    else writeJson(join(folder, "zarr.json"), { ...readJson(join(folder, "zarr.json")), attributes });
  }

  /** All metadata in one file, which readers over a network ask for first and others believe. */
  private consolidate(): void {
    const metadata: Record<string, Json> = {};
    const names = this.version === 2 ? [".zgroup", ".zarray", ".zattrs"] : ["zarr.json"];
    const visit = (folder: string, prefix: string) => {
      let array = false;
      for (const name of names) {
        if (!existsSync(join(folder, name))) continue;
        const json = readJson(join(folder, name));
        metadata[this.version === 2 ? prefix + name : prefix.slice(0, -1)] = json;
        array ||= name === ".zarray" || json.node_type === "array";
      }
      for (const entry of array ? [] : readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) visit(join(folder, entry.name), `${prefix}${entry.name}/`);
    };
    visit(this.folder, "");
    const { "": root, ...members } = metadata;
    const consolidated_metadata = { kind: "inline", must_understand: false, metadata: members };
    if (this.version === 2)
      writeJson(join(this.folder, ".zmetadata"), { zarr_consolidated_format: 1, metadata });
    else writeJson(join(this.folder, "zarr.json"), { ...root, consolidated_metadata });
  }
}

/** Rows of a chunk. @param bytes of a row */
export function rowsOfChunk(bytes: number): number {
  return Math.max(1, Math.floor(CHUNK_BYTES / Math.max(1, bytes)));
}

/** A chunk is stored whole, also where the array ends in it. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

function plain(value: string | readonly string[] | TypedArray): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  const list = Array.from(value as ArrayLike<number | bigint>, Number);
  return list.length === 1 ? list[0] : list;
}

function readJson(path: string): Json {
  return JSON.parse(readFileSync(path, "utf8"));
}

function writeJson(path: string, json: Json): void {
  writeFileSync(path, JSON.stringify(json, null, 2));
}
