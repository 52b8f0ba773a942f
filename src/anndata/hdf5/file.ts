import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";

import type { Metadata } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";
import type { RowReader, Storage } from "../storage.js";
import { type Decoded, decode, dtypeOf, type TypedArray } from "./decode.js";
import { FIRST_PLUGIN, requireFilters } from "./filters.js";
import { guarded } from "./guard.js";
import { requireEndingHeaps } from "./heaps.js";
import { allocate, checked, type H5Library, loadLibrary, release } from "./library.js";
import { requireLikelyChunks, requireLikelySize } from "./limits.js";
import { NumberReader } from "./numbers.js";
import { loadPlugin } from "./plugins.js";

/** Elements with variable-length parts are read in runs of this many, numbers whole. */
const STRING_RUN = 65_536;
/** One read may ask for this many bytes: more is either a damaged header or a matrix to be read by blocks. */
const MOST_BYTES = 2 ** 30;

/** An HDF5 file opened read-only. Paths inside it are absolute: `/obs/cell_type`. */
export class H5File implements Storage {
  private constructor(
    readonly path: string,
    readonly library: H5Library,
    private handle: bigint,
    /** Bytes. */
    readonly size: number,
  ) {}

  /** Opens a file. Errors say whether it is missing, no HDF5 file, cut short or damaged. */
  static async open(path: string): Promise<H5File> {
    if (!existsSync(path)) throw new CellkernelError("path", `${resolve(path)} does not exist.`, { path });
    if (!statSync(path).isFile()) throw new CellkernelError("path", `${path} is not a file.`, { path });
    const { size } = statSync(path);
    requireEndingHeaps(path, size);
    const library = await loadLibrary();
    const handle = checked(`${path} cannot be opened as an HDF5 file`, () =>
      library.open(path, library.H5F_ACC_RDONLY, false, -1, -1),
    );
    return new H5File(path, library, handle, size);
  }

  close(): void {
    if (this.handle < 0n) return;
    this.library.close_file(this.handle);
    this.handle = -1n;
  }

  /** The open file's handle for the library's own calls. */
  get id(): bigint {
    if (this.handle < 0n) throw new CellkernelError("path", `${this.path} was closed.`, { path: this.path });
    return this.handle;
  }

  /** What stands at a path; undefined where there is nothing (or a broken link). */
  kind(path: string): "group" | "dataset" | undefined {
    const type = this.ask(this.at(path), () => this.library.get_type(this.id, path));
    if (type === this.library.H5G_GROUP) return "group";
    return type === this.library.H5G_DATASET ? "dataset" : undefined;
  }

  /** Whether a path is a link by name rather than an object's own. */
  isLink(path: string): boolean {
    const type = () => this.library.get_type(this.id, path);
    return this.ask(
      this.at(path),
      () => type() >= 0 && this.library.get_symbolic_link(this.id, path) !== null,
    );
  }

  /** Names of a group's members. */
  keys(path: string): string[] {
    return this.ask(this.at(path), () => this.library.get_names(this.id, path, false));
  }

  attributeNames(path: string): string[] {
    return this.ask(this.at(path), () => this.library.get_attribute_names(this.id, path));
  }

  /** An attribute's elements, or undefined where there is no such attribute. */
  attribute(path: string, name: string): (Decoded & { shape: number[] }) | undefined {
    if (!this.attributeNames(path).includes(name)) return undefined;
    return this.ask(`${this.at(path)}, attribute ${name}`, () => {
      const type = this.library.get_attribute_metadata(this.id, path, name);
      const count = type.total_size;
      requireLikelySize(`${this.at(path)}, attribute ${name}`, type, false, this.size);
      return this.withMemory(type.size * count, (pointer) => {
        const status = this.library.get_attribute_data(this.id, path, name, BigInt(pointer));
        if (status < 0) throw new Error("its value cannot be read");
        const decoded = decode(this.library, type, this.bytes(pointer, type.size * count), count);
        if (type.vlen) this.library.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
        return { ...decoded, shape: type.shape ?? [] };
      });
    });
  }

  /** A text attribute, for instance `encoding-type`. */
  textAttribute(path: string, name: string): string | undefined {
    const values = this.attribute(path, name)?.values;
    return Array.isArray(values) && typeof values[0] === "string" ? values[0] : undefined;
  }

  /** A dataset's element type, dimensions and chunks; refuses one whose filters we lack. */
  dataset(path: string): Metadata & { shape: number[]; packed: boolean } {
    const type = this.ask(this.at(path), () => this.library.get_dataset_metadata(this.id, path));
    const filters = this.ask(this.at(path), () => this.library.get_dataset_filters(this.id, path));
    requireFilters(this.at(path), filters);
    if (filters.length > 0) requireLikelyChunks(this.at(path), type, this.size);
    const dataset = { ...type, shape: type.shape ?? [0], packed: filters.length > 0 };
    for (const { id } of filters) {
      if (id < FIRST_PLUGIN || type.total_size === 0) continue;
      loadPlugin(this.library, id, () => this.rows(path, dataset, 0, 1));
    }
    return dataset;
  }

  shape(path: string): number[] {
    return this.dataset(path).shape;
  }

  dtype(path: string): string {
    return dtypeOf(this.dataset(path));
  }

  /** A dataset that is to be read whole. @throws where it claims more than the file can hold */
  private whole(path: string): Metadata & { shape: number[] } {
    const dataset = this.dataset(path);
    requireLikelySize(this.at(path), dataset, dataset.packed, this.size);
    return dataset;
  }

  requireHeld(path: string): void {
    this.whole(path);
  }

  fields(path: string): string[] {
    return this.dataset(path).compound_type?.members.map((member) => member.name) ?? [];
  }

  rowReader(path: string): RowReader {
    return new NumberReader(this, path);
  }

  /** Reads a whole dataset that fits in memory (columns, names, embeddings; not matrices of counts), or rows of it. */
  read(path: string, range?: readonly [number, number]): Decoded & { shape: number[] } {
    const type = this.whole(path);
    const [first, end] = range ?? [0, type.shape[0] ?? 1];
    const rows = end - first;
    const shape = range ? [rows, ...type.shape.slice(1)] : type.shape;
    const each = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    if (type.size * rows * each > MOST_BYTES) {
      throw new CellkernelError(
        "format",
        `${this.at(path)} claims ${shape.join(" × ")} elements, too many to be read at once; ` +
          "its header may be damaged.",
        { path: this.path, member: path },
      );
    }
    if (shape.length === 0 || !hasPointers(type)) return { ...this.rows(path, type, first, end), shape };
    const runs: Decoded[] = [];
    for (let start = first; start === first || start < end; start += STRING_RUN) {
      runs.push(this.rows(path, type, start, Math.min(end, start + STRING_RUN)));
    }
    return { ...joined(runs), shape };
  }

  /** Reads rows `start` to `end` of the first dimension (ignored for a scalar). */
  private rows(path: string, type: Metadata & { shape: number[] }, start: number, end: number): Decoded {
    const { shape } = type;
    const size = [end - start, ...shape.slice(1)];
    const elements = shape.length === 0 ? 1 : size.reduce((product, dimension) => product * dimension, 1);
    if (elements === 0) return decode(this.library, type, new Uint8Array(0), 0);
    const count = shape.length === 0 ? null : size.map(BigInt);
    const offset = shape.length === 0 ? null : [BigInt(start), ...shape.slice(1).map(() => 0n)];
    const stride = shape.length === 0 ? null : shape.map(() => 1n);
    return this.ask(`${this.at(path)} cannot be read`, () =>
      this.withMemory(type.size * elements, (pointer) => {
        const at = BigInt(pointer);
        const status = this.library.get_dataset_data(this.id, path, count, offset, stride, at);
        if (status < 0) throw new Error("the stored bytes are damaged");
        const decoded = decode(this.library, type, this.bytes(pointer, type.size * elements), elements);
        if (hasPointers(type)) {
          if (count) this.library.reclaim_vlen_memory_count(this.id, path, "", at, count);
          else this.library.reclaim_vlen_memory(this.id, path, "", at);
        }
        return decoded;
      }),
    );
  }

  /**
   * Lends a whole dataset as it is in the library's memory (a text is its address), to be written to another file.
   *
   * @param work gets the byte position
   */
  lend(path: string, work: (pointer: number) => void): void {
    const type = this.dataset(path);
    const bytes = type.size * type.shape.reduce((product, dimension) => product * dimension, 1);
    if (bytes > MOST_BYTES)
      throw new CellkernelError("format", `${this.at(path)} is too large to be copied at once.`, {
        path: this.path,
        member: path,
      });
    this.ask(`${this.at(path)} cannot be copied`, () =>
      this.withMemory(bytes, (pointer) => {
        const at = BigInt(pointer);
        if (bytes > 0 && this.library.get_dataset_data(this.id, path, null, null, null, at) < 0)
          throw new Error("the stored bytes are damaged");
        work(pointer);
        if (hasPointers(type)) this.library.reclaim_vlen_memory(this.id, path, "", at);
      }),
    );
  }

  /** The same of an attribute. */
  lendAttribute(path: string, name: string, work: (pointer: number, type: Metadata) => void): void {
    this.ask(`${this.at(path)}, attribute ${name}, cannot be copied`, () => {
      const type = this.library.get_attribute_metadata(this.id, path, name);
      this.withMemory(type.size * type.total_size, (pointer) => {
        if (this.library.get_attribute_data(this.id, path, name, BigInt(pointer)) < 0)
          throw new Error("its value cannot be read");
        work(pointer, type);
        if (hasPointers(type)) this.library.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
      });
    });
  }

  identity(path: string): string {
    const reference = this.ask(this.at(path), () => this.library.create_object_reference(this.id, path));
    return Buffer.from(reference).toString("hex");
  }

  /** By an object reference. */
  referred(path: string, attribute: string): string | undefined {
    const reference = this.attribute(path, attribute)?.values;
    if (!Array.isArray(reference)) return undefined;
    return this.ask(`${this.path}, an object reference`, () =>
      this.library.get_referenced_name(this.id, reference[0] as Uint8Array, true),
    );
  }

  /**
   * Runs one piece of work with the library, which may open no other file and take no more memory than this one can fill.
   *
   * @param what opens the message
   */
  ask<T>(what: string, work: () => T): T {
    return guarded(this.library, what, this.size, () => checked(what, work));
  }

  /** "file, /path": how messages name a place. */
  at(path: string): string {
    return `${this.path}, ${path}`;
  }

  private bytes(pointer: number, length: number): Uint8Array {
    return this.library.HEAPU8.subarray(pointer, pointer + length);
  }

  /** Lends zeroed memory inside the library; zero, so that pointers of a failed read are null. */
  private withMemory<T>(bytes: number, work: (pointer: number) => T): T {
    const pointer = allocate(this.library, bytes);
    try {
      this.library.HEAPU8.fill(0, pointer, pointer + bytes);
      return work(pointer);
    } finally {
      release(this.library, pointer);
    }
  }
}

function hasPointers(type: Metadata): boolean {
  return type.vlen || (type.compound_type?.members.some(hasPointers) ?? false);
}

/** Joins runs of a dataset with variable-length parts: texts, or compounds that contain some. */
function joined(runs: Decoded[]): Decoded {
  const [first] = runs;
  if (runs.length === 1) return first;
  if (first.values instanceof Map) {
    const columns = [...first.values.keys()].map((name): [string, Decoded] => [
      name,
      joined(runs.map((run) => (run.values as Map<string, Decoded>).get(name)!)),
    ]);
    return { ...first, values: new Map(columns) };
  }
  if (Array.isArray(first.values)) return { ...first, values: runs.flatMap((run) => run.values as string[]) };
  const length = runs.reduce((total, run) => total + (run.values as TypedArray).length, 0);
  const whole = new (first.values.constructor as new (length: number) => TypedArray)(length);
  let at = 0;
  for (const { values } of runs as { values: TypedArray }[]) {
    whole.set(values as never, at);
    at += values.length;
  }
  return { ...first, values: whole };
}
