import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { CellkernelError } from "../support/error.js";
import { type NamedArray, TYPES, type TypeName } from "./arrays.js";
import { FORMAT } from "./format.js";
import { META, type PartPlan, partError, type StoredPartArray, sealOfPart, TEXTS, widthOf } from "./part.js";

/** Bytes that are read at once. */
const PIECE = 1 << 22;
/** Bytes of a header at most: it has a line an array. */
const MOST_HEADER = 2 ** 24;

const REMEDY = "remove it and run that shard again";

/** A part as it was read. */
export interface Part {
  path: string;
  kind: string;
  shard: number;
  /** First row and the one after the last. */
  rows: [number, number];
  // biome-ignore lint/suspicious/noExplicitAny: who wrote it knows what it holds.
  meta: any;
  arrays: Map<string, NamedArray>;
}

/**
 * Reads what `writePart` wrote.
 * @throws where it is missing, damaged, or a part of another plan
 */
export function readPart(path: string, plan: PartPlan): Part {
  const reader = PartReader.open(path);
  try {
    reader.requireOf(plan);
    reader.verify();
    const { kind, shard, rows, names } = reader;
    const arrays = new Map(names.map((name) => [name, reader.read(name)]));
    return { path, kind, shard, rows, meta: reader.meta(), arrays };
  } finally {
    reader.close();
  }
}

/** A part's file, opened to be read some rows at a time. To be closed. */
export class PartReader {
  readonly kind: string;
  readonly shard: number;
  /** First row and the one after the last. */
  readonly rows: [number, number];
  readonly planId: string;

  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    private readonly texts: Record<string, string>,
    private readonly forms: ReadonlyMap<string, StoredPartArray>,
    /** Where the arrays begin. */
    private readonly start: number,
  ) {
    this.kind = texts.kind;
    this.shard = Number(texts.shard);
    const [first, end] = texts.rows.split(" ").map(Number);
    this.rows = [first, end];
    this.planId = texts.plan;
  }

  /** @throws where it is missing, no part, or cut short */
  static open(path: string): PartReader {
    if (!existsSync(path)) throw new CellkernelError("not-whole", `${path} is missing`, { path });
    const descriptor = openSync(path, "r");
    try {
      const { size } = fstatSync(descriptor);
      const head = Buffer.alloc(8);
      const length =
        size < 8 || readSync(descriptor, head, 0, 8, 0) < 8 ? -1 : Number(head.readBigUInt64LE());
      if (!(length > 0 && length <= Math.min(size - 8, MOST_HEADER)))
        throw partError(path, "is damaged", REMEDY);
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, 8);
      const { texts, forms } = parsed(path, bytes.toString("utf8"));
      if (size !== 8 + length + forms.get(META)!.data_offsets[1])
        throw partError(path, "is damaged: it is cut short, or longer than it says", REMEDY);
      return new PartReader(path, descriptor, texts, forms, 8 + length);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Names of its arrays. */
  get names(): string[] {
    return [...this.forms.keys()].filter((name) => name !== META);
  }

  /** Size of each dimension of an array. */
  shape(name: string): number[] {
    return this.form(name).shape;
  }

  /** Element type of an array. */
  type(name: string): TypeName {
    return this.form(name).dtype;
  }

  /** What JSON was written beside the arrays. */
  // biome-ignore lint/suspicious/noExplicitAny: who wrote it knows what it holds.
  meta(): any {
    return JSON.parse(Buffer.from(this.read(META).buffer).toString("utf8"));
  }

  /**
   * @param kind expected; any when absent
   * @throws where it is a part of another plan, or of another kind
   */
  requireOf(plan: PartPlan, kind: string = this.kind): void {
    const fault = this.foreign(plan, kind);
    if (fault === undefined) return;
    throw new CellkernelError(
      "other-preparation",
      `${this.path} ${fault}: each plan has a folder of its own; give it one, or remove that file`,
      { path: this.path, plan: this.planId },
    );
  }

  /** What makes it a stranger to a plan. */
  foreign(plan: PartPlan, kind: string): string | undefined {
    if (this.planId !== plan.id) return "is a part of another plan";
    if (this.kind !== kind) return `was written by ${this.kind}, not by ${kind}`;
    const rows = plan.shards[this.shard];
    return rows?.join() === this.rows.join() ? undefined : "has other rows than the plan's";
  }

  /** @throws where it is not as it was written */
  verify(): void {
    const digests = [...this.forms].map(([name, form]) => {
      const hash = createHash("sha256");
      for (const bytes of this.pieces(form.data_offsets)) hash.update(bytes);
      return [name, form, hash.digest("hex")] as const;
    });
    if (sealOfPart(this.texts, digests) !== this.texts.sha256)
      throw partError(this.path, "is damaged: it is not as it was written", REMEDY);
  }

  /** Rows `start` to `end` of an array; all of it by default. */
  read(name: string, start = 0, end = this.form(name).shape[0]): NamedArray {
    const { dtype, shape, data_offsets } = this.form(name);
    const row = shape.slice(1).reduce((product, length) => product * length, widthOf(dtype));
    const bytes = new Uint8Array((end - start) * row);
    const from = data_offsets[0] + start * row;
    let at = 0;
    for (const piece of this.pieces([from, from + bytes.length])) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const View: new (buffer: ArrayBuffer) => NamedArray = TYPES[dtype];
    return new View(bytes.buffer);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private form(name: string): StoredPartArray {
    const form = this.forms.get(name);
    if (form) return form;
    throw partError(this.path, `holds no ${name}`, REMEDY);
  }

  /** The bytes between two offsets; what is yielded is overwritten by what follows. */
  private *pieces([start, end]: readonly [number, number]): Iterable<Uint8Array> {
    const piece = Buffer.allocUnsafe(Math.min(PIECE, end - start));
    for (let at = start; at < end; ) {
      const read = readSync(this.descriptor, piece, 0, Math.min(piece.length, end - at), this.start + at);
      if (read === 0) throw partError(this.path, "is damaged: it is cut short", REMEDY);
      yield piece.subarray(0, read);
      at += read;
    }
  }
}

/** The header, checked as far as is needed to read by it. */
function parsed(
  path: string,
  json: string,
): { texts: Record<string, string>; forms: Map<string, StoredPartArray> } {
  try {
    const { [TEXTS]: texts, ...arrays } = JSON.parse(json);
    const forms = new Map(Object.entries(arrays as Record<string, StoredPartArray>));
    const whole = ["plan", "kind", "shard", "rows", "format", "sha256"].every(
      (name) => typeof texts[name] === "string",
    );
    const right = [...forms.values()].every(
      ({ dtype, shape, data_offsets: [start, end] }) =>
        dtype in TYPES &&
        shape.reduce((product, length) => product * length, widthOf(dtype as TypeName)) === end - start,
    );
    if (whole && right && forms.has(META) && texts.format === String(FORMAT)) return { texts, forms };
  } catch {
    // It is told below what to do.
  }
  throw partError(path, `is no part that this version reads (format ${FORMAT})`, REMEDY);
}
