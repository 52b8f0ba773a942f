import { isUtf8 } from "node:buffer";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CellkernelError } from "../../support/error.js";
import { plainFile } from "../../support/readText.js";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** Bytes of a line: the names of a million cells take 20 MB. */
const MOST_LINE = 2 ** 25;

/** The first bytes of a file. */
export function firstBytes(path: string, count: number): Buffer {
  plainFile(path);
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
  const packed = isGzip(path);
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
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
  // The line that has not ended yet, joined when it has: to join it with each piece would take the square of its length.
  let rest: Buffer[] = [];
  let held = 0;
  for await (const piece of pieces(path)) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    const first = end > 0 ? piece.indexOf(NEWLINE) : piece.length;
    if (held + first > MOST_LINE)
      throw new CellkernelError(
        "format",
        `${path} has a line of more than ${MOST_LINE} bytes; it is no table of cells and genes.`,
        { path },
      );
    if (end > 0) {
      yield Buffer.concat([...rest, piece.subarray(0, end)]);
      rest = [];
      held = 0;
    }
    rest.push(piece.subarray(end));
    held += piece.length - end;
  }
  if (held > 0) yield Buffer.concat([...rest, Buffer.of(NEWLINE)]);
}

/** The lines of a text file, without their ends. */
export async function* lines(path: string): AsyncIterable<string> {
  for await (const run of lineRuns(path)) {
    if (!isUtf8(run))
      throw new CellkernelError(
        "format",
        `${path} is not in UTF-8, so that names in it can't be told. Save it in UTF-8 (in Excel: "CSV UTF-8").`,
        { path },
      );
    for (let start = 0; start < run.length; ) {
      const end = run.indexOf(NEWLINE, start);
      const stop = run[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end;
      yield run.toString("utf8", start, stop);
      start = end + 1;
    }
  }
}

const QUOTED = /"([^"]*(?:""[^"]*)*)"/y;

/** The fields of a line; quoted ones may contain the delimiter and doubled quotes, but no newline. */
export function splitFields(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    if (line[at] === '"') {
      QUOTED.lastIndex = at;
      const quoted = QUOTED.exec(line);
      if (!quoted) return line.split(delimiter);
      fields.push(quoted[1].replaceAll('""', '"'));
      at += quoted[0].length + 1;
    } else {
      const end = line.indexOf(delimiter, at);
      const stop = end < 0 ? line.length : end;
      fields.push(line.slice(at, stop));
      at = stop + 1;
    }
  }
  return fields;
}

/** A tab-separated file of a few columns, for instance `barcodes.tsv`; without the quotation marks that R adds. */
export async function readTsv(path: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const line of lines(path)) {
    const text = rows.length === 0 ? line.replace(/^\ufeff/, "") : line;
    if (text !== "") rows.push(splitFields(text, "\t"));
  }
  return rows;
}
