import { CellkernelError } from "../../support/error.js";
import { dtypeOf, halfToNumber } from "./decode.js";
import type { H5File } from "./file.js";
import { allocate, checked, release } from "./library.js";

/** Elements a read: the library is fastest at about this size, whatever the dataset's. */
const RUN = 262_144;

/**
 * Reads rows of a numeric dataset of one or two dimensions into caller's arrays, in runs that end at
 * chunk borders, so that no chunk is decompressed twice. One run is kept, in the library's memory.
 * Call `release` when done.
 */
export class NumberReader {
  readonly dtype: string;
  /** Length of the first dimension. */
  readonly rows: number;
  /** Elements a row: 1, or the length of the second dimension. */
  readonly width: number;
  private readonly step: number;
  private readonly size: number;
  private readonly convert: Convert;
  private pointer = 0;
  private heldStart = 0;
  private heldEnd = 0;

  constructor(
    private readonly file: H5File,
    private readonly path: string,
  ) {
    const type = file.dataset(path);
    this.dtype = dtypeOf(type);
    const convert = CONVERT[this.dtype];
    if (!convert || type.shape.length < 1 || type.shape.length > 2) {
      throw new CellkernelError(
        "format",
        `${file.at(path)} has elements of type ${this.dtype} in ${type.shape.length} dimensions; ` +
          "expected numbers in one or two.",
        { path: file.path, member: path },
      );
    }
    this.convert = convert;
    [this.rows, this.width = 1] = type.shape;
    this.size = type.size;
    const wanted = Math.max(1, Math.floor(RUN / Math.max(1, this.width)));
    const chunk = type.chunks?.[0] ?? 1;
    this.step = Math.min(Math.max(1, this.rows), chunk * Math.max(1, Math.floor(wanted / chunk)));
  }

  /** Copies rows `start` to `end` to `target`, from position `at` on, converting numbers without loss. */
  read(start: number, end: number, target: Numbers, at = 0): void {
    let written = at;
    for (let row = start; row < end; ) {
      this.hold(row);
      const stop = Math.min(end, this.heldEnd);
      const count = (stop - row) * this.width;
      const from = this.pointer + (row - this.heldStart) * this.width * this.size;
      if (!this.convert(this.file.library.HEAPU8.buffer, from, count, target, written)) {
        throw new CellkernelError(
          "format",
          `${this.file.at(this.path)} holds integers beyond 2^53, which are not supported.`,
          { path: this.file.path, member: this.path },
        );
      }
      written += count;
      row = stop;
    }
  }

  release(): void {
    if (this.pointer !== 0) release(this.file.library, this.pointer);
    this.pointer = 0;
    this.heldEnd = 0;
  }

  /** Makes the run that contains `row` the held one. */
  private hold(row: number): void {
    if (row >= this.heldStart && row < this.heldEnd) return;
    const start = row - (row % this.step);
    const end = Math.min(this.rows, start + this.step);
    const flat = this.width === 1;
    const { library, id } = this.file;
    const where = `${this.file.at(this.path)} cannot be read`;
    this.heldEnd = 0;
    if (this.pointer === 0)
      this.pointer = checked(where, () => allocate(library, this.step * this.width * this.size));
    checked(where, () => {
      const count = flat ? [BigInt(end - start)] : [BigInt(end - start), BigInt(this.width)];
      const offset = flat ? [BigInt(start)] : [BigInt(start), 0n];
      const stride = flat ? [1n] : [1n, 1n];
      const at = BigInt(this.pointer);
      if (library.get_dataset_data(id, this.path, count, offset, stride, at) < 0) {
        throw new Error("the stored bytes are damaged");
      }
    });
    this.heldStart = start;
    this.heldEnd = end;
  }
}

export type Numbers = Float32Array | Float64Array | Int32Array;

/** Copies `count` elements at byte `from` to `target`; false where a number would not survive. */
type Convert = (buffer: ArrayBufferLike, from: number, count: number, target: Numbers, at: number) => boolean;

type View = new (buffer: ArrayBufferLike, from: number, count: number) => ArrayLike<number>;

function view(View: View): Convert {
  return (buffer, from, count, target, at) => {
    target.set(new View(buffer, from, count), at);
    return true;
  };
}

/** 64-bit integers by their 32-bit halves: many times faster than by way of `bigint`. */
function wide(signed: boolean): Convert {
  return (buffer, from, count, target, at) => {
    const low = new Uint32Array(buffer, from, 2 * count);
    const high = new Int32Array(buffer, from, 2 * count);
    const index = target instanceof Int32Array;
    for (let i = 0; i < count; i++) {
      const top = high[2 * i + 1];
      if (top > 0x1fffff || top < (signed ? -0x200000 : 0)) return false;
      // An index beyond 32 bits must not wrap round to a valid one: −1 is out of every range.
      target[at + i] = index && top !== 0 ? -1 : top * 4294967296 + low[2 * i];
    }
    return true;
  };
}

const CONVERT: Record<string, Convert | undefined> = {
  int8: view(Int8Array),
  uint8: view(Uint8Array),
  bool: view(Uint8Array),
  int16: view(Int16Array),
  uint16: view(Uint16Array),
  int32: view(Int32Array),
  uint32: view(Uint32Array),
  int64: wide(true),
  uint64: wide(false),
  float16: (buffer, from, count, target, at) => {
    const halves = new Uint16Array(buffer, from, count);
    for (let i = 0; i < count; i++) target[at + i] = halfToNumber(halves[i]);
    return true;
  },
  float32: view(Float32Array),
  float64: view(Float64Array),
};

/** An array that holds every value of the NumPy type: float32 up to 24 bits of integer, else float64. */
export function arrayFor(dtype: string, length: number): Float32Array | Float64Array {
  const narrow = ["int8", "uint8", "bool", "int16", "uint16", "float16", "float32"];
  return narrow.includes(dtype) ? new Float32Array(length) : new Float64Array(length);
}
