import { CellkernelError } from "../../support/error.js";
import { lineRuns } from "./text.js";

/** A sparse matrix as it stands in a Matrix Market file; rows and columns count from 0. */
export interface Triplets {
  rows: number;
  columns: number;
  row: Int32Array;
  column: Int32Array;
  value: Float32Array | Float64Array;
}

const NEWLINE = 10;
const SPACE = 32;
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
    return { rows, columns, row: this.row, column: this.column, value: this.value };
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
    const whole = () => {
      while (run[at] === SPACE || run[at] === 9) at++;
      let number = 0;
      const first = at;
      for (; run[at] >= ZERO && run[at] <= NINE; at++) number = number * 10 + run[at] - ZERO;
      return at === first ? -1 : number;
    };
    const row = whole();
    const column = whole();
    let value = 1;
    if (!this.pattern) {
      const from = at;
      value = whole();
      if (at < end && run[at] !== 13 && run[at] !== SPACE) value = Number(run.toString("latin1", from, end));
    }
    if (row < 1 || row > rows || column < 1 || column > columns || Number.isNaN(value)) {
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

  private wrong(what: string): Error {
    return new CellkernelError("format", `${this.path} ${what}.`, { path: this.path });
  }
}
