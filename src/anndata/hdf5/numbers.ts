import { CellkernelError } from "../../support/error.js";
import { CONVERT, type Convert, type Numbers } from "../numbers.js";
import type { RowReader } from "../storage.js";
import { dtypeOf } from "./decode.js";
import type { H5File } from "./file.js";
import { allocate, release } from "./library.js";

/** Elements a read: the library is fastest at about this size, whatever the dataset's. */
const RUN = 262_144;

/**
 * Reads rows of a numeric dataset of one or two dimensions into caller's arrays, in runs that end at
 * chunk borders, so that no chunk is decompressed twice. One run is kept, in the library's memory.
 * Call `release` when done.
 */
export class NumberReader implements RowReader {
  readonly dtype: string;
  /** Length of the first dimension. */
  readonly rows: number;
  /** Elements a row: 1, or the length of the second dimension. */
  readonly width: number;
  /** Of one dimension: a matrix of one column has two. */
  private readonly flat: boolean;
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
    this.flat = type.shape.length === 1;
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
    const { flat } = this;
    const { library, id } = this.file;
    const where = `${this.file.at(this.path)} cannot be read`;
    this.heldEnd = 0;
    if (this.pointer === 0)
      this.pointer = this.file.ask(where, () => allocate(library, this.step * this.width * this.size));
    this.file.ask(where, () => {
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
