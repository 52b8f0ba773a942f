import { existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { Decoded } from "../hdf5/decode.js";
import type { RowReader, Storage } from "../storage.js";
import { ChunkReader } from "./chunks.js";
import { decodeBytes, dtypeOf, numbers, sizeOf } from "./elements.js";
import { foldersIn, readPart, storedSizes } from "./folder.js";
import { unpackedLimit } from "./limits.js";
import { arrayOfV2, arrayOfV3, type ZarrArray, type ZarrGroup } from "./metadata.js";
import { chunkGrid, copyChunk, type Elements, filled } from "./region.js";
import { ChunkedRows } from "./rows.js";

/** A group within a group and so on: deeper is no AnnData, but an endless chain. */
const DEEPEST = 64;
/** One read may ask for this many bytes: more is either damaged metadata or a matrix to be read by blocks. */
const MOST_BYTES = 2 ** 30;
/** Bytes that an array may claim whatever was stored of it: elements that equal the fill value are not. */
const UNSTORED_BYTES = 2 ** 27;
const MOST_JSON = 2 ** 26;

type Json = Record<string, unknown>;

/**
 * A folder that is a Zarr store of version 2 or 3, opened for reading.
 *
 * Source: https://zarr-specs.readthedocs.io/en/latest/specs.html
 */
export class ZarrStore implements Storage {
  private readonly nodes = new Map<string, ZarrArray | ZarrGroup | undefined>();
  private readonly ids = new Map<string, number>();
  private readonly chunks = new ChunkReader();
  private closed = false;

  private constructor(
    readonly path: string,
    /** The folder's real path, out of which nothing is read. */
    private readonly root: string,
  ) {}

  static open(path: string): ZarrStore {
    if (!existsSync(path)) throw new CellkernelError("path", `${resolve(path)} does not exist.`, { path });
    if (!statSync(path).isDirectory())
      throw new CellkernelError("path", `${path} is a file; a Zarr store is a folder.`, { path });
    const store = new ZarrStore(path, realpathSync(path));
    if (store.node("/")?.kind !== "group")
      throw new CellkernelError(
        "format",
        `${path} is not the folder of a Zarr group: it has neither zarr.json nor .zgroup.`,
        { path },
      );
    return store;
  }

  close(): void {
    this.closed = true;
    this.chunks.close();
    this.nodes.clear();
  }

  at(path: string): string {
    return `${this.path}, ${path}`;
  }

  kind(path: string): "group" | "dataset" | undefined {
    return this.node(path)?.kind;
  }

  keys(path: string): string[] {
    const names = foldersIn(this.folder(path));
    return names.filter((name) => this.node(path === "/" ? `/${name}` : `${path}/${name}`)).sort();
  }

  /** The version of the format of what stands at a path. */
  version(path: string): 2 | 3 | undefined {
    return this.node(path)?.version;
  }

  attributeNames(path: string): string[] {
    return Object.keys(this.node(path)?.attributes ?? {});
  }

  attribute(path: string, name: string): (Decoded & { shape: number[] }) | undefined {
    const attributes = this.node(path)?.attributes ?? {};
    return Object.hasOwn(attributes, name) ? decodeJson(attributes[name]) : undefined;
  }

  textAttribute(path: string, name: string): string | undefined {
    const values = this.attribute(path, name)?.values;
    return Array.isArray(values) && typeof values[0] === "string" ? values[0] : undefined;
  }

  /** anndata 0.7 wrote the path from the data frame on. */
  referred(path: string, attribute: string): string | undefined {
    const to = this.textAttribute(path, attribute);
    return to === undefined ? undefined : `${path.slice(0, path.lastIndexOf("/"))}/${to}`;
  }

  shape(path: string): number[] {
    return this.array(path).shape;
  }

  dtype(path: string): string {
    return dtypeOf(this.array(path).type);
  }

  fields(path: string): string[] {
    const { type } = this.array(path);
    return type.kind === "records" ? type.fields.map(([name]) => name) : [];
  }

  read(path: string, rows?: readonly [number, number]): Decoded & { shape: number[] } {
    const array = this.array(path);
    const { chunks, type, fill } = array;
    const [first, end] = rows ?? [0, array.shape[0] ?? 1];
    const shape = rows ? [end - first, ...array.shape.slice(1)] : array.shape;
    this.claimed(path, array, rows ? Number.POSITIVE_INFINITY : MOST_BYTES);
    const count = this.claimed(path, { ...array, shape });
    const width = type.kind === "texts" ? 1 : sizeOf(type);
    const target = { data: filled(count, fill), shape };
    const above = rows ? Math.floor(first / chunks[0]) : 0;
    const grid = shape.map((length, i) =>
      Math.ceil((i === 0 && rows ? end - above * chunks[0] : length) / chunks[i]),
    );
    for (const place of count === 0 ? [] : chunkGrid(grid)) {
      const coordinates = rows ? [place[0] + above, ...place.slice(1)] : place;
      const data = this.chunk(path, array, coordinates);
      const origin = coordinates.map((at, i) => at * chunks[i] - (i === 0 ? first : 0));
      if (data) copyChunk({ data, shape: chunks }, target, origin, width);
    }
    if (Array.isArray(target.data)) return { dtype: "str", inner: [], values: target.data, shape };
    // What zarrita decodes is in this machine's order; what it does not know is as it was stored.
    const plain = type.kind === "number";
    const decoded = plain
      ? { dtype: type.dtype, inner: [], values: numbers(type.dtype, target.data) }
      : decodeBytes(type, target.data);
    return { ...decoded, shape };
  }

  rowReader(path: string): RowReader {
    const array = this.array(path);
    if (array.shape.length === 1) this.claimed(path, array, Number.POSITIVE_INFINITY);
    const at = { path: this.path, member: path };
    return new ChunkedRows(
      array,
      (coordinates) => this.chunk(path, array, coordinates) as Uint8Array | undefined,
      this.at(path),
      at,
    );
  }

  /** Elements of an array, once what it claims was compared with what is there. */
  private claimed(path: string, { shape, chunks, type }: ZarrArray, most = MOST_BYTES): number {
    const count = shape.reduce((product, length) => product * length, 1);
    const bytes = count * sizeOf(type);
    const parts = shape.reduce((product, length, i) => product * Math.ceil(length / chunks[i]), 1);
    if (bytes <= UNSTORED_BYTES && parts <= 4096) return count;
    const files = storedSizes(this.folder(path));
    const stored = files.reduce((total, size) => total + Math.min(unpackedLimit(size), MOST_BYTES), 0);
    if (bytes > most || bytes > UNSTORED_BYTES + stored || parts > 4096 + files.length * 4096)
      throw new CellkernelError(
        "format",
        `${this.at(path)} claims ${shape.join(" × ")} elements in chunks of ${chunks.join(" × ")}, too many for what is ` +
          "stored of it; its metadata may be damaged.",
        { path: this.path, member: path },
      );
    return count;
  }

  private chunk(path: string, array: ZarrArray, coordinates: number[]): Elements | undefined {
    if (this.closed) throw new CellkernelError("path", `${this.path} was closed.`, { path: this.path });
    const { version, metadata, asBytes } = array;
    const id = this.ids.get(path) ?? this.chunks.newId();
    this.ids.set(path, id);
    const described = { root: this.root, folder: this.folder(path), version, metadata, asBytes };
    try {
      const data = this.chunks.read(id, described, asBytes ? [...coordinates, 0] : coordinates);
      if (data === undefined || Array.isArray(data)) return data;
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    } catch (error) {
      throw new CellkernelError(
        "format",
        `${this.at(path)} cannot be read: chunk ${coordinates.join(".") || "0"}: ${(error as Error).message}`,
        { path: this.path, member: path },
      );
    }
  }

  private array(path: string): ZarrArray {
    const node = this.node(path);
    if (node?.kind === "dataset") return node;
    throw new CellkernelError("format", `${this.at(path)} is not an array; the store is damaged.`, {
      path: this.path,
      member: path,
    });
  }

  private node(path: string): ZarrArray | ZarrGroup | undefined {
    if (!this.nodes.has(path)) this.nodes.set(path, this.readNode(path));
    return this.nodes.get(path);
  }

  private readNode(path: string): ZarrArray | ZarrGroup | undefined {
    const folder = this.folder(path);
    if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return undefined;
    const place = this.at(path);
    const three = this.json(path, "zarr.json");
    if (three) {
      const attributes = asObject(three.attributes);
      return three.node_type === "array"
        ? arrayOfV3(three, place)
        : { kind: "group", version: 3, attributes };
    }
    const array = this.json(path, ".zarray");
    const group = array ?? this.json(path, ".zgroup");
    if (!group) return undefined;
    const attributes = asObject(this.json(path, ".zattrs"));
    return array ? arrayOfV2(array, attributes, place) : { kind: "group", version: 2, attributes };
  }

  /** The folder of a path, which is inside of the store and no link. */
  private folder(path: string): string {
    const names = path.split("/").slice(1);
    const folder = path === "/" ? this.root : join(this.root, ...names);
    const strange =
      path !== "/" &&
      names.some((name) => name === "" || name === "." || name === ".." || /[\\\0]/.test(name));
    if (strange || names.length > DEEPEST)
      throw new CellkernelError(
        "format",
        strange
          ? `${this.path} has no place ${JSON.stringify(path)}: it is no path inside of a store.`
          : `${this.at(path)}: groups are nested more than ${DEEPEST} deep; the store is damaged.`,
        { path: this.path, member: path },
      );
    if (existsSync(folder) && realpathSync(folder) !== folder)
      throw new CellkernelError(
        "format",
        `${this.at(path)} is reached by a link, which is not followed. Put what it points to in its place (cp -rL).`,
        { path: this.path, member: path },
      );
    return folder;
  }

  private json(path: string, name: string): Json | undefined {
    const folder = this.folder(path);
    const bytes = readPart(this.root, folder, name);
    if (!bytes) return undefined;
    try {
      if (bytes.length > MOST_JSON) throw new Error(`has ${bytes.length} bytes`);
      const value = JSON.parse(Buffer.from(bytes.buffer).toString("utf8"));
      if (typeof value !== "object" || value === null || Array.isArray(value))
        throw new Error("is no object");
      return value;
    } catch (error) {
      throw new CellkernelError(
        "format",
        `${this.at(path)}: ${name} is damaged: ${(error as Error).message}`,
        { path: join(dirname(folder), name) },
      );
    }
  }
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** An attribute as HDF5 would have it: texts, flags, or numbers. */
function decodeJson(value: unknown): Decoded & { shape: number[] } {
  const list = Array.isArray(value) ? value : [value];
  const shape = Array.isArray(value) ? [value.length] : [];
  if (list.every((each) => typeof each === "string")) return { dtype: "str", inner: [], shape, values: list };
  if (list.every((each) => typeof each === "boolean"))
    return { dtype: "bool", inner: [], shape, values: Uint8Array.from(list, Number) };
  const numbers = Float64Array.from(list, (each) => (typeof each === "number" ? each : Number.NaN));
  return { dtype: "float64", inner: [], shape, values: numbers };
}
