import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import { MemoryMatrix } from "../matrices/memory.js";
import { assemble } from "./assemble.js";
import { GrowingArray } from "./growing.js";
import { lines, splitFields } from "./text.js";

/** How a table of expression values is read. */
export interface ReadCsvOptions {
  /** What separates the fields; told from the first line by default. */
  delimiter?: string;
  /** Whether rows are genes and columns cells (the other way round by default). */
  transpose?: boolean;
}

/**
 * Reads a table of cells × genes from CSV or TSV, also gzipped. The first row has the gene names, the
 * first column the cell names; the corner may be missing, as R writes it. Where fields are not separated by commas, a
 * comma may stand for the decimal point. Only the values that are not zero are kept in memory.
 *
 * @throws where a line has more or fewer fields than the first, or a field is no number (names line and column)
 * @example
 * const cells = await readCsv("genes_by_cells.csv", { transpose: true });
 * cells.varNames; // → ["CD3D", "CD3E", …]
 */
export async function readCsv(path: string, options: ReadCsvOptions = {}): Promise<AnnData> {
  if (!existsSync(path)) throw new CellkernelError("path", `${resolve(path)} does not exist.`, { path });
  const table = await parse(path, options.delimiter);
  const { rowNames, columnNames, indptr, indices, data } = table;
  if (!options.transpose) {
    const X = new MemoryMatrix(path, columnNames.length, indptr, indices, data);
    return assemble({ path, X, obsNames: rowNames, varNames: columnNames });
  }
  const turned = transpose(table);
  const X = new MemoryMatrix(path, rowNames.length, turned.indptr, turned.indices, turned.data);
  return assemble({ path, X, obsNames: columnNames, varNames: rowNames });
}

interface Table {
  rowNames: string[];
  columnNames: string[];
  indptr: Float64Array;
  indices: Int32Array;
  data: Float64Array;
}

async function parse(path: string, given: string | undefined): Promise<Table> {
  let delimiter = given;
  let header: string[] | undefined;
  // Some writers end each line with the separator.
  let trailing = false;
  let columnNames: string[] = [];
  const rowNames: string[] = [];
  const indptr = new GrowingArray(new Float64Array(1024));
  const indices = new GrowingArray(new Int32Array(65_536));
  const data = new GrowingArray(new Float64Array(65_536));
  indptr.push(0);
  let number = 0;
  for await (const line of lines(path)) {
    const text = ++number === 1 ? line.replace(/^\ufeff/, "") : line;
    // Comments stand before the header, which some programs mark like one.
    if (text === "" || (rowNames.length === 0 && /^#(\s|[^\t,;|]*$)/.test(text))) continue;
    if (header === undefined) {
      delimiter ??= guessDelimiter(text);
      header = splitFields(text.replace(/^#/, ""), delimiter).map((name) => name.trim());
      trailing = header.length > 1 && header.at(-1) === "";
      if (trailing) header.pop();
      if (header.length < 2)
        throw new CellkernelError(
          "format",
          `${path} is no table of cells and genes: its first line is one name. Give the file of the counts.`,
          { path },
        );
      continue;
    }
    const fields = splitFields(text, delimiter!);
    if (trailing && fields.at(-1) === "") fields.pop();
    if (rowNames.length === 0) columnNames = header.length === fields.length - 1 ? header : header.slice(1);
    const name = fields[0].trim();
    if (fields.length !== columnNames.length + 1) {
      throw new CellkernelError(
        "format",
        `${path}: row "${short(name)}" (line ${number}) has ${fields.length - 1} values, ` +
          `expected ${columnNames.length}; is the separator "${delimiter}"?`,
        { path, row: name },
      );
    }
    rowNames.push(name);
    for (let column = 0; column < columnNames.length; column++) {
      const text = fields[column + 1];
      const value = numberOf(text, delimiter!);
      if (Number.isNaN(value)) {
        throw new CellkernelError(
          "format",
          `${path}: "${short(text)}" at row "${short(name)}", column "${short(columnNames[column])}" is not a number. A table holds expression values only: take other columns out, and add labels by setObs.`,
          { path, row: name, column: columnNames[column] },
        );
      }
      if (value === 0) continue;
      indices.push(column);
      data.push(value);
    }
    indptr.push(data.length);
  }
  if (rowNames.length === 0)
    throw new CellkernelError(
      "format",
      header?.some((name) => name.includes("\r"))
        ? `${path} has lines that end as on an old Macintosh. Save it with the line ends of Unix or Windows.`
        : `${path} has no rows of values.`,
      { path },
    );
  return { rowNames, columnNames, indptr: indptr.values(), indices: indices.values(), data: data.values() };
}

/** What may be the whole of a file that is no table. */
function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function numberOf(text: string, delimiter: string): number {
  if (text.trim() === "") return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) && delimiter !== "," ? Number(text.replace(",", ".")) : value;
}

const DELIMITERS = ["\t", ",", ";", "|"];

function guessDelimiter(header: string): string {
  const unquoted = header.replace(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((delimiter) => unquoted.split(delimiter).length);
  const most = Math.max(...counts);
  return most > 1 ? DELIMITERS[counts.indexOf(most)] : " ";
}

function transpose({
  rowNames,
  columnNames,
  indptr,
  indices,
  data,
}: Table): Omit<Table, "rowNames" | "columnNames"> {
  const starts = new Float64Array(columnNames.length + 1);
  for (const column of indices) starts[column + 1]++;
  for (let column = 0; column < columnNames.length; column++) starts[column + 1] += starts[column];
  const next = starts.slice();
  const turned = {
    indptr: starts,
    indices: new Int32Array(indices.length),
    data: new Float64Array(data.length),
  };
  for (let row = 0; row < rowNames.length; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) {
      const at = next[indices[k]]++;
      turned.indices[at] = row;
      turned.data[at] = data[k];
    }
  }
  return turned;
}
