import { Dataset, Group, type Metadata } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";
import type { GrowingArray, Output } from "../storage.js";
import { PLACEHOLDER_TYPE, writeBooleanTypes } from "./booleans.js";
import type { Decoded, TypedArray } from "./decode.js";
import { allocate, checked, type H5Library, loadLibrary, release } from "./library.js";
import { writeCompound } from "./records.js";
import { type ElementType, TEXT_TYPE } from "./types.js";

/** Elements that are handed to the library at a time. */
const RUN = 262_144;
/** Elements of a chunk of a dataset that grows. */
const CHUNK = 65_536;

/** An HDF5 file being written. Paths inside it are absolute; parents must exist. */
export class H5Output implements Output {
  private readonly booleans: string[] = [];

  private constructor(
    readonly path: string,
    private readonly library: H5Library,
    private handle: bigint,
  ) {}

  /** Makes a new file ("w") or opens an existing one to add to it ("a"). */
  static async open(path: string, mode: "w" | "a"): Promise<H5Output> {
    const library = await loadLibrary();
    const flags = mode === "w" ? library.H5F_ACC_TRUNC : library.H5F_ACC_RDWR;
    // The oldest format that serves: every HDF5 library reads it, and booleans.ts knows its headers.
    const { H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST } = library;
    const handle = checked("the file cannot be opened for writing", () =>
      library.open(path, flags, false, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST),
    );
    return new H5Output(path, library, handle);
  }

  group(path: string): void {
    checked(path, () => this.library.create_group(this.handle, path, false));
  }

  exists(path: string): boolean {
    return checked(path, () => this.library.get_type(this.handle, path)) >= 0;
  }

  /** Text, texts, or numbers (a typed array of one element makes a scalar). Replaces what is there. */
  attribute(path: string, name: string, value: string | readonly string[] | TypedArray): void {
    checked(`${path}, attribute ${name}`, () => {
      const object = new Group(this.handle, path);
      if (this.library.get_attribute_names(this.handle, path).includes(name)) object.delete_attribute(name);
      if (typeof value === "string") object.create_attribute(name, value);
      else if (value.length === 0) this.emptyAttribute(path, name);
      else if (!ArrayBuffer.isView(value)) object.create_attribute(name, [...value] as string[]);
      else object.create_attribute(name, value, value.length === 1 ? [] : null);
    });
  }

  /** h5wasm passes no elements as a null pointer, which HDF5 refuses. */
  private emptyAttribute(path: string, name: string): void {
    const pointer = allocate(this.library, 8);
    try {
      const metadata = { ...TEXT_TYPE, shape: [0n], maxshape: [0n], total_size: 0 };
      this.library.create_attribute(this.handle, path, name, BigInt(pointer), metadata);
    } finally {
      release(this.library, pointer);
    }
  }

  /** `encoding-type` and `encoding-version`, which tell anndata how to read an object. */
  encoding(path: string, type: string, version: string): void {
    this.attribute(path, "encoding-type", type);
    this.attribute(path, "encoding-version", version);
  }

  /** A dataset of texts; `shape` of none makes a single text. */
  texts(path: string, values: readonly string[], shape: number[] = [values.length]): void {
    this.withTexts(values, (pointers) => this.bytes(path, pointers, shape, TEXT_TYPE));
  }

  /** Lends the texts in the library's memory; `work` gets their addresses, 4 bytes each. */
  withTexts(values: readonly string[], work: (pointers: Uint8Array) => void): void {
    const encoded = Buffer.from(values.map((text) => `${text}\0`).join(""), "utf8");
    const start = allocate(this.library, encoded.length);
    try {
      this.library.HEAPU8.set(encoded, start);
      const pointers = new Uint32Array(values.length);
      let at = 0;
      for (let i = 0; i < pointers.length; i++) {
        pointers[i] = start + at;
        at = encoded.indexOf(0, at) + 1;
      }
      if (at !== encoded.length)
        throw new CellkernelError("format", "a text contains the character U+0000, which HDF5 cannot store");
      work(new Uint8Array(pointers.buffer));
    } finally {
      release(this.library, start);
    }
  }

  /** A dataset of numbers. */
  numbers(path: string, values: TypedArray, shape: number[] = [values.length]): void {
    const { parent, name } = split(path);
    checked(path, () => new Group(this.handle, parent).create_dataset({ name, data: values, shape }));
  }

  /** A dataset of booleans, given as 0 and 1. */
  flags(path: string, values: Uint8Array, shape: number[] = [values.length]): void {
    this.booleans.push(path);
    this.bytes(path, values, shape, PLACEHOLDER_TYPE);
  }

  records(path: string, fields: ReadonlyMap<string, Decoded>, shape: number[]): void {
    writeCompound(this, path, fields, shape);
  }

  /** A dataset of elements of any type, given as their bytes in memory (a text is its address). */
  bytes(path: string, values: Uint8Array, shape: number[], type: ElementType): void {
    const dimensions = shape.map(BigInt);
    checked(path, () => {
      const pointer = allocate(this.library, values.length);
      try {
        this.library.HEAPU8.set(values, pointer);
        const metadata = { ...type, shape: dimensions, maxshape: dimensions, total_size: 0 };
        this.library.create_dataset(this.handle, path, BigInt(pointer), metadata);
      } finally {
        release(this.library, pointer);
      }
    });
  }

  /** A dataset whose elements stand in the library's memory at byte `pointer`, of the type and shape of another file's. */
  datasetAt(path: string, pointer: number, { shape, ...type }: ElementType & { shape: number[] }): void {
    const dimensions = shape.map(BigInt);
    checked(path, () =>
      this.library.create_dataset(this.handle, path, BigInt(pointer), {
        ...type,
        ...{ shape: dimensions, maxshape: dimensions, total_size: 0, chunks: null },
      }),
    );
  }

  /** The same of an attribute. */
  attributeAt(path: string, name: string, pointer: number, { shape, ...type }: Metadata): void {
    const dimensions = (shape ?? []).map(BigInt);
    checked(`${path}, attribute ${name}`, () =>
      this.library.create_attribute(this.handle, path, name, BigInt(pointer), {
        ...type,
        ...{ shape: dimensions, maxshape: dimensions, total_size: 0, chunks: null },
      }),
    );
  }

  /**
   * An empty dataset that `append` makes longer, of elements like those of `kind`. With `width` it has
   * two dimensions, rows of that many elements.
   */
  growing(path: string, kind: TypedArray, width?: number): GrowingArray {
    const { parent, name } = split(path);
    const row = width === undefined ? [] : [width];
    const chunks = [
      Math.max(1, Math.floor(CHUNK / Math.max(1, width ?? 1))),
      ...row.map((n) => Math.max(1, n)),
    ];
    const data = kind.slice(0, 0);
    checked(path, () =>
      new Group(this.handle, parent).create_dataset({
        name,
        data,
        shape: [0, ...row],
        maxshape: [null, ...row],
        chunks,
      }),
    );
    return new GrowingDataset(this.handle, path, width);
  }

  /** Writes everything to the file and closes it. */
  close(): void {
    const addresses = this.booleans.map((path) => {
      const reference = checked(path, () => this.library.create_object_reference(this.handle, path));
      return Number(Buffer.from(reference).readBigUInt64LE(0));
    });
    checked("the file cannot be flushed", () => this.library.flush(this.handle));
    checked("the file cannot be closed", () => this.library.close_file(this.handle));
    writeBooleanTypes(this.path, addresses);
  }

  /** Closes the file after a failure; what is in it does not matter any more. */
  abandon(): void {
    try {
      checked("", () => this.library.close_file(this.handle));
    } catch {
      // The failure that led here is the one to report.
    }
  }
}

/** A dataset of numbers whose final length is not known beforehand. */
class GrowingDataset implements GrowingArray {
  /** Rows so far (of one element where the dataset has one dimension). */
  length = 0;
  private readonly dataset: Dataset;

  constructor(
    handle: bigint,
    private readonly path: string,
    private readonly width?: number,
  ) {
    this.dataset = new Dataset(handle, path);
  }

  /** Adds whole rows at the end. */
  append(values: TypedArray): void {
    const width = this.width ?? 1;
    const rows = width === 0 ? 0 : values.length / width;
    const end = this.length + rows;
    const step = Math.max(1, Math.floor(RUN / Math.max(1, width)));
    checked(this.path, () => {
      this.dataset.resize(this.width === undefined ? [end] : [end, width]);
      for (let row = 0; row < rows; row += step) {
        const stop = Math.min(rows, row + step);
        const range: [number, number][] = [[this.length + row, this.length + stop]];
        if (this.width !== undefined) range.push([0, width]);
        this.dataset.write_slice(range, values.subarray(row * width, stop * width));
      }
    });
    this.length = end;
  }
}

function split(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { parent: path.slice(0, slash) || "/", name: path.slice(slash + 1) };
}
