import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CellkernelError } from "../../support/error.js";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** The first bytes of a file. */
export function firstBytes(path: string, count: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(file, bytes, 0, count, 0));
  } finally {
    closeSync(file);
  }
}

export function isGzip(path: string): boolean {
  const bytes = firstBytes(path, 2);
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The bytes of a text file, unpacked where it is gzipped, piece by piece. */
async function* pieces(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  const packed = isGzip(path);
  const stream: Readable = packed ? file.pipe(createGunzip({ chunkSize: 2 ** 18 })) : file;
  if (packed) file.on("error", (error) => stream.destroy(error));
  try {
    yield* stream;
  } catch (error) {
    throw new CellkernelError(
      "format",
      `${path} cannot be read: ${(error as Error).message}. The file may be cut short.`,
      { path },
      { cause: error },
    );
  } finally {
    file.destroy();
  }
}

/** Runs of whole lines as bytes, each ending in a newline; none is empty. */
export async function* lineRuns(path: string): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces(path)) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, piece]);
      continue;
    }
    const whole = piece.subarray(0, end);
    yield rest.length > 0 ? Buffer.concat([rest, whole]) : whole;
    rest = Buffer.from(piece.subarray(end));
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.of(NEWLINE)]);
}

/** The lines of a text file, without their ends. */
export async function* lines(path: string): AsyncIterable<string> {
  for await (const run of lineRuns(path)) {
    for (let start = 0; start < run.length; ) {
      const end = run.indexOf(NEWLINE, start);
      const stop = run[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end;
      yield run.toString("utf8", start, stop);
      start = end + 1;
    }
  }
}

/** A tab-separated file of a few columns, for instance `barcodes.tsv`. */
export async function readTsv(path: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const line of lines(path)) if (line !== "") rows.push(line.split("\t"));
  return rows;
}
