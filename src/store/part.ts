import { createHash, type Hash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { CellkernelError } from "../support/error.js";
import { TemporaryFile } from "../support/temporaryFile.js";
import { type NamedArray, TYPES, type TypeName, typeName } from "./arrays.js";
import { FORMAT } from "./format.js";
import { type Plan, rowsOfShard } from "./plan.js";

/** What a part's file needs to know of the plan. */
export type PartPlan = Pick<Plan<object>, "id" | "shards">;

/** An array that will come, row-major. */
export interface PlannedArray {
  type: TypeName;
  /** Size of each dimension. */
  shape: number[];
}

/** What a part is written of. */
export interface PartContents {
  /** What the arrays are, for instance "annotate" or "statistics": parts of several kinds may lie in one folder. */
  kind: string;
  /** Whatever JSON can hold. */
  meta: object;
  arrays: Record<string, NamedArray>;
}

/** The array that holds `meta` as JSON, the last of the file. */
export const META = "meta";
/** The header's entry that is no array. */
export const TEXTS = "__metadata__";

/** What a file says of an array. */
export interface StoredPartArray {
  dtype: TypeName;
  shape: number[];
  data_offsets: [number, number];
}

/** The name of a shard's part in its folder. */
export function partName(shard: number, kind: string): string {
  return `part.${String(shard).padStart(5, "0")}.${kind}.safetensors`;
}

/** The name of the file beside a part by which the work on it says that it goes on, see `withSign`. */
export function signName(shard: number, kind: string): string {
  return partName(shard, kind).replace(/safetensors$/, "running.json");
}

/** What the hash of a part is made of: whose it is, and each array's form and hash, META's among them. */
export function sealOfPart(
  texts: Record<string, string>,
  arrays: readonly (readonly [name: string, StoredPartArray, digest: string])[],
): string {
  const { plan, kind, shard, rows } = texts;
  const forms = arrays.map(([name, { dtype, shape }, digest]) => [name, dtype, shape, digest]);
  return createHash("sha256")
    .update(JSON.stringify([FORMAT, plan, kind, shard, rows, forms]))
    .digest("hex");
}

/**
 * Writes what a shard found to its part's file, whole or not at all.
 * @returns the file's path
 */
export function writePart(folder: string, plan: PartPlan, shard: number, contents: PartContents): string {
  const entries = Object.entries(contents.arrays);
  const planned = entries.map(([name, array]): [string, PlannedArray] => [
    name,
    { type: typeName(array), shape: [array.length] },
  ]);
  const writer = new PartWriter(folder, plan, shard, contents.kind, Object.fromEntries(planned));
  try {
    for (const [name, array] of entries) writer.append(name, array);
    return writer.commit(contents.meta);
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/**
 * A part's file being written, whose arrays come bit by bit. It is a safetensors file
 * (https://huggingface.co/docs/safetensors), so that Python reads its arrays by name as well; the header says whose part it is
 * and holds a SHA-256 of all. It has its name when it is whole.
 */
export class PartWriter {
  private readonly file: TemporaryFile;
  private readonly descriptor: number;
  private readonly arrays = new Map<string, StoredPartArray & { at: number; hash: Hash }>();
  private readonly texts: Record<string, string>;
  /** Bytes of the header, spaces at its end included. */
  private readonly room: number;
  private readonly end: number;
  private open = true;

  /** @param folder is made where it is not there */
  constructor(
    private readonly folder: string,
    plan: PartPlan,
    private readonly shard: number,
    private readonly kind: string,
    planned: Record<string, PlannedArray>,
  ) {
    const rows = rowsOfShard(plan, shard);
    mkdirSync(folder, { recursive: true });
    this.texts = {
      ...{ plan: plan.id, kind, shard: String(shard), rows: rows.join(" ") },
      ...{ format: String(FORMAT), sha256: "0".repeat(64) },
    };
    let at = 0;
    // Wide elements first, so that every array begins at a multiple of its element's size.
    const entries = Object.entries(planned).sort(([, a], [, b]) => widthOf(b.type) - widthOf(a.type));
    for (const [name, { type, shape }] of entries) {
      const end = at + shape.reduce((product, length) => product * length, widthOf(type));
      this.arrays.set(name, {
        ...{ dtype: type, shape, data_offsets: [at, end], at, hash: createHash("sha256") },
      });
      at = end;
    }
    this.end = at;
    // How long `meta` will be is not known yet.
    this.room = 8 * Math.ceil((Buffer.byteLength(this.header(Number.MAX_SAFE_INTEGER)) + 16) / 8);
    this.file = new TemporaryFile(this.path);
    this.descriptor = openSync(this.file.path, "r+");
  }

  /** Where the part will be. */
  get path(): string {
    return join(this.folder, partName(this.shard, this.kind));
  }

  /** Adds elements to an array, after those before. */
  append(name: string, values: NamedArray): void {
    const array = this.arrays.get(name)!;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (typeName(values) !== array.dtype || array.at + bytes.length > array.data_offsets[1])
      throw new Error(`${this.path}: ${name} got other elements than those that were planned`);
    this.write(bytes, 8 + this.room + array.at);
    array.hash.update(bytes);
    array.at += bytes.length;
  }

  /**
   * Writes the rest, flushes it to the disk and gives the file its name.
   * @returns its path
   */
  commit(meta: object): string {
    for (const [name, { at, data_offsets }] of this.arrays)
      if (at !== data_offsets[1]) throw new Error(`${this.path}: ${name} is not complete`);
    const json = Buffer.from(JSON.stringify(meta));
    this.write(json, 8 + this.room + this.end);
    const forms = [...this.arrays].map(([name, array]) => [name, array, array.hash.digest("hex")] as const);
    const own = createHash("sha256").update(json).digest("hex");
    this.texts.sha256 = sealOfPart(this.texts, [...forms, [META, this.metaForm(json.length), own]]);
    const head = Buffer.alloc(8 + this.room, " ");
    head.writeBigUInt64LE(BigInt(this.room));
    head.write(this.header(json.length), 8);
    this.write(head, 0);
    this.close();
    this.orExplain(() => this.file.commit());
    return this.path;
  }

  /** Gives up: what stood there before stays. */
  discard(): void {
    this.close();
    this.file.discard();
  }

  private metaForm(length: number): StoredPartArray {
    return { dtype: "U8", shape: [length], data_offsets: [this.end, this.end + length] };
  }

  private header(meta: number): string {
    const forms = [...this.arrays].map(([name, { dtype, shape, data_offsets }]) => [
      name,
      { dtype, shape, data_offsets },
    ]);
    return JSON.stringify({
      [TEXTS]: this.texts,
      ...Object.fromEntries(forms),
      [META]: this.metaForm(meta),
    });
  }

  /** One write call takes at most 2 GiB. */
  private write(bytes: Uint8Array, position: number): void {
    this.orExplain(() => {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.descriptor, bytes, at, Math.min(bytes.length - at, 1 << 30), position + at);
    });
  }

  private orExplain(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.file.failure(error);
    }
  }

  private close(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }
}

/** Bytes of an element. */
export function widthOf(type: TypeName): number {
  return TYPES[type].BYTES_PER_ELEMENT;
}

/** The error of a file that is no part as it should be. */
export function partError(path: string, what: string, remedy: string): CellkernelError {
  return new CellkernelError("not-whole", `${path} ${what}: ${remedy}`, { path });
}
