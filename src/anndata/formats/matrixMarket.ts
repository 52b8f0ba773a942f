import { CellkernelError } from "../../support/error.js";
import { lineRuns } from "./text.js";

/** A sparse matrix as it stands in a Matrix Market file; rows and columns count from 0. */
export interface Triplets {
  rows: number;
  columns: number;
  row: Int32Array;
  column: Int32Array;
  value: Float32Array | Float64Array;
  /**
   * Values of further columns, which the format doesn't know: STARsolo before 2.7.9 wrote spliced, unspliced and ambiguous
   * counts side by side.
   */
  further: Float32Array[];
}

const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;
const RETURN = 13;
const ZERO = 48;
const NINE = 57;
const PERCENT = 37;
/** Whole numbers up to here are exact in single precision. */
const EXACT = 2 ** 24;

/**
 * Reads a Matrix Market file of coordinates (https://math.nist.gov/MatrixMarket/formats.html), also
 * gzipped. Values are kept in single precision, or in double where a whole number needs it.
 */
export async function parseMatrixMarket(path: string): Promise<Triplets> {
  const parser = new Parser(path);
  for await (const run of lineRuns(path)) parser.read(run);
  return parser.finish();
}

class Parser {
  private line = 0;
  private pattern = false;
  private size: { rows: number; columns: number; entries: number } | undefined;
  private entry = 0;
  private row = new Int32Array(0);
  private column = new Int32Array(0);
  private value: Float32Array | Float64Array = new Float32Array(0);
  private further: Float32Array[] = [];

  constructor(private readonly path: string) {}

  read(run: Buffer): void {
    for (let start = 0; start < run.length; ) {
      const end = run.indexOf(NEWLINE, start);
      this.line++;
      if (this.line === 1) this.readBanner(run.toString("latin1", start, end));
      else if (run[start] !== PERCENT && end > start) {
        if (this.size) this.readEntry(run, start, end);
        else this.readSize(run.toString("latin1", start, end));
      }
      start = end + 1;
    }
  }

  finish(): Triplets {
    if (!this.size) throw this.wrong("is not a Matrix Market file");
    const { rows, columns, entries } = this.size;
    if (this.entry !== entries) {
      throw this.wrong(`has ${this.entry} entries, but announces ${entries}; the file is cut short`);
    }
    const { row, column, value, further } = this;
    return { rows, columns, row, column, value, further };
  }

  private readBanner(text: string): void {
    const [banner, object, format, field, symmetry] = text.trim().toLowerCase().split(/\s+/);
    if (banner !== "%%matrixmarket" || object !== "matrix") throw this.wrong("is not a Matrix Market file");
    const known =
      format === "coordinate" && ["integer", "real", "pattern"].includes(field) && symmetry === "general";
    if (!known) {
      throw this.wrong(
        `is a ${format} ${field} ${symmetry} matrix; expected coordinate, real or integer, general`,
      );
    }
    this.pattern = field === "pattern";
  }

  private readSize(text: string): void {
    const [rows, columns, entries] = text.trim().split(/\s+/).map(Number);
    const whole = [rows, columns, entries].every((number) => Number.isInteger(number) && number >= 0);
    if (!whole || Math.max(rows, columns, entries) >= 2 ** 31)
      throw this.wrong(`has an impossible size: ${text}`);
    this.size = { rows, columns, entries };
    this.row = new Int32Array(entries);
    this.column = new Int32Array(entries);
    this.value = new Float32Array(entries);
  }

  private readEntry(run: Buffer, start: number, end: number): void {
    const { rows, columns, entries } = this.size!;
    if (this.entry >= entries) throw this.wrong(`has more entries than the ${entries} that it announces`);
    let at = start;
    const isBlank = (byte: number) => byte === SPACE || byte === TAB || byte === RETURN;
    const skip = () => {
      while (at < end && isBlank(run[at])) at++;
    };
    const whole = () => {
      skip();
      let number = 0;
      const first = at;
      for (; run[at] >= ZERO && run[at] <= NINE; at++) number = number * 10 + run[at] - ZERO;
      return at === first ? Number.NaN : number;
    };
    const real = () => {
      skip();
      const from = at;
      const value = whole();
      if (at === end || isBlank(run[at])) return value;
      while (at < end && !isBlank(run[at])) at++;
      return Number(run.toString("latin1", from, at));
    };
    const row = whole();
    const column = whole();
    const value = this.pattern ? 1 : real();
    if (this.entry === 0) this.countFurther(run.toString("latin1", at, end));
    for (const values of this.further) values[this.entry] = real();
    skip();
    const sound =
      at === end && !Number.isNaN(value) && !this.further.some((all) => Number.isNaN(all[this.entry]));
    if (!(row >= 1 && row <= rows && column >= 1 && column <= columns && sound)) {
      const text = run.toString("latin1", start, end);
      throw this.wrong(
        `has a wrong entry in line ${this.line}: "${text}" in a matrix of ${rows} × ${columns}`,
      );
    }
    if (Math.abs(value) > EXACT && this.value instanceof Float32Array)
      this.value = Float64Array.from(this.value);
    this.row[this.entry] = row - 1;
    this.column[this.entry] = column - 1;
    this.value[this.entry++] = value;
  }

  /** What follows the value in the first entry. */
  private countFurther(rest: string): void {
    const fields = rest.split(/\s+/).filter((field) => field !== "");
    if (fields.length === 2 && !this.pattern)
      this.further = fields.map(() => new Float32Array(this.size!.entries));
  }

  private wrong(what: string): Error {
    return new CellkernelError("format", `${this.path} ${what}.`, { path: this.path });
  }
}
