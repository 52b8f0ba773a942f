import { firstRepeated } from "../../support/distinct.js";
import { CellkernelError } from "../../support/error.js";
import { AnnData, type Raw } from "../anndata.js";
import { Categorical, type Column } from "../columns.js";
import { type DenseArray, EMPTY_MAPPING, isDense, isMatrix, type LazyMapping } from "../element.js";
import type { TypedArray } from "../hdf5/decode.js";
import { takeRows } from "../join.js";
import { ConcatenatedRows } from "../matrices/concatenated.js";
import { MappedColumns } from "../matrices/subset.js";
import type { RowMatrix } from "../matrix.js";
import { repeatedNames } from "../show.js";
import { columnsOf, tableOf } from "../table.js";
import { joinColumns, joinTyped } from "./joinColumns.js";

/** How files are set one below the other. */
export interface ConcatenateOptions {
  /** Genes (and `obs` columns) that all have, or that any has; genes that a file lacks count as zero. */
  join?: "inner" | "outer";
  /** Name of the `obs` column that says where a cell came from. */
  batch?: string;
  /** The values of that column, one for each part; "0", "1", … by default. */
  labels?: readonly string[];
}

/**
 * A view of several data sets, one below the other. Nothing is copied but the tables.
 *
 * Kept are `X`, the layers and the dense `obsm` arrays that all parts have, and `raw` if all have it;
 * columns of `var` are those of the first part. `varm`, `obsp`, `varp` and `uns` are left out, as
 * anndata's `concat` does. Cell names that repeat between parts get "-" and the part's label.
 *
 * @throws when there is no part, a gene's name repeats, no gene is in all parts, or an `obs` column has the name of the new one
 * @example
 * const both = concatenate([sample, sample], { batch: "run", labels: ["first", "second"] });
 * both.nObs; // → 1118
 */
export function concatenate(parts: readonly AnnData[], options: ConcatenateOptions = {}): AnnData {
  const { join = "inner", batch = "batch", labels = parts.map((_, i) => String(i)) } = options;
  if (parts.length === 0) throw new CellkernelError("nothing", "There is nothing to concatenate.");
  if (labels.length !== parts.length || new Set(labels).size !== labels.length) {
    throw new CellkernelError(
      "option",
      `${parts.length} parts need as many different labels; got ${labels.join(", ") || "none"}.`,
      { option: "labels" },
    );
  }
  const taken = parts.find((part) => part.obs.columnNames().includes(batch));
  if (taken)
    throw new CellkernelError(
      "column",
      `${taken.path} has an obs column "${batch}" already; give the column that says where a cell came from another name (option sampleColumn, --sample-column; of concatenate: batch).`,
      { column: batch, path: taken.path },
    );
  const [first] = parts;
  const varNames = joinedNames(parts, (part) => part.varNames, join);
  const stack = (matrices: readonly RowMatrix[]) =>
    stacked(
      matrices,
      parts.map((part) => part.varNames),
      varNames,
    );
  const layers = [...first.layers.keys()].filter((name) => parts.every((part) => part.layers.has(name)));
  return new AnnData({
    path: parts.map((part) => part.path).join(" + "),
    sources: parts.flatMap((part) => part.sources),
    obs: tableOf(joinedObs(parts, join, batch, labels)),
    obsNames: cellNames(parts, labels),
    var: rowsOf(first.var, first.varNames, varNames),
    varNames,
    X: parts.every((part) => part.X) ? stack(parts.map((part) => part.X!)) : undefined,
    raw: parts.every((part) => part.raw)
      ? joinedRaw(
          parts.map((part) => part.raw!),
          join,
        )
      : undefined,
    layers: new Map(layers.map((name) => [name, stack(parts.map((part) => part.layers.get(name)!))])),
    obsm: joinedArrays(parts),
    varm: EMPTY_MAPPING,
    obsp: EMPTY_MAPPING,
    varp: EMPTY_MAPPING,
    uns: EMPTY_MAPPING,
    remarks: [...new Set(parts.flatMap((part) => part.remarks))],
    close: () => {
      for (const part of parts) part.close();
    },
  });
}

function joinedNames<T>(
  parts: readonly T[],
  namesOf: (part: T) => string[],
  join: "inner" | "outer",
): string[] {
  const all = parts.map(namesOf);
  const [first] = all;
  if (all.every((names) => areEqual(names, first))) return first;
  for (const [i, names] of all.entries()) {
    const [repeated] = repeatedNames(names);
    if (repeated !== undefined) {
      throw new CellkernelError(
        "names",
        `Gene names must be unique to join by them, but "${repeated}" repeats in part ${i}.`,
        { name: repeated },
      );
    }
  }
  if (join === "outer") return [...new Set(all.flat())];
  const sets = all.map((names) => new Set(names));
  const common = first.filter((name) => sets.every((set) => set.has(name)));
  if (common.length === 0)
    throw new CellkernelError(
      "names",
      'The parts have no gene in common; name genes alike, or join "outer".',
    );
  return common;
}

function stacked(matrices: readonly RowMatrix[], names: string[][], joined: string[]): RowMatrix {
  return new ConcatenatedRows(matrices.map((matrix, i) => columnsAmong(matrix, names[i], joined)));
}

/** A matrix's columns at their places among others; those that aren't there are left out. */
export function columnsAmong(
  matrix: RowMatrix,
  names: readonly string[],
  joined: readonly string[],
): RowMatrix {
  if (areEqual(names, joined)) return matrix;
  const position = new Map(joined.map((name, i) => [name, i]));
  const map = Int32Array.from(names, (name) => position.get(name) ?? -1);
  return new MappedColumns(matrix, map, joined.length);
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

function joinedRaw(parts: Raw[], join: "inner" | "outer"): Raw {
  const varNames = joinedNames(parts, (part) => part.varNames, join);
  const names = parts.map((part) => part.varNames);
  return {
    X: stacked(
      parts.map((part) => part.X),
      names,
      varNames,
    ),
    var: rowsOf(parts[0].var, parts[0].varNames, varNames),
    varNames,
    varm: EMPTY_MAPPING,
  };
}

/** A table's rows by name; missing where it lacks a name. */
function rowsOf(table: AnnData["var"], names: string[], wanted: string[]): AnnData["var"] {
  if (names === wanted) return table;
  const rowOf = new Map(names.map((name, row) => [name, row]));
  const rows = Int32Array.from(wanted, (name) => rowOf.get(name) ?? -1);
  return tableOf([...columnsOf(table, "var")].map(([name, column]) => [name, takeRows(column, rows)]));
}

function cellNames(parts: readonly AnnData[], labels: readonly string[]): string[] {
  const names = parts.flatMap((part) => part.obsNames);
  if (firstRepeated(names) === undefined) return names;
  return parts.flatMap((part, i) => part.obsNames.map((name) => `${name}-${labels[i]}`));
}

function joinedObs(
  parts: readonly AnnData[],
  join: "inner" | "outer",
  batch: string,
  labels: readonly string[],
): Map<string, Column> {
  const tables = parts.map((part) => columnsOf(part.obs, "obs"));
  const all = [...new Set(tables.flatMap((table) => [...table.keys()]))];
  const kept = join === "outer" ? all : all.filter((name) => tables.every((table) => table.has(name)));
  const sizes = parts.map((part) => part.nObs);
  const columns = new Map(
    kept.map((name) => [
      name,
      joinColumns(
        tables.map((table) => table.get(name)),
        sizes,
        `obs column ${name}`,
      ),
    ]),
  );
  const codes = new Int32Array(sizes.reduce((sum, size) => sum + size, 0));
  let row = 0;
  sizes.forEach((size, i) => {
    codes.fill(i, row, row + size);
    row += size;
  });
  return columns.set(batch, new Categorical(codes, labels, false));
}

/** The dense arrays of `obsm` that all parts have with the same width. */
function joinedArrays(parts: readonly AnnData[]): LazyMapping {
  const keys = parts[0].obsm.keys().filter((key) => joinedArray(parts, key) !== undefined);
  const get = (key: string) => (keys.includes(key) ? joinedArray(parts, key) : undefined);
  return { keys: () => keys, has: (key) => keys.includes(key), get };
}

function joinedArray(parts: readonly AnnData[], key: string): DenseArray | undefined {
  const arrays: DenseArray[] = [];
  for (const part of parts) {
    const element = part.obsm.get(key);
    if (typeof element !== "object" || element === null || isMatrix(element) || !isDense(element))
      return undefined;
    arrays.push(element);
  }
  const [{ dtype, shape }] = arrays;
  const data = joinTyped(arrays.map((array) => array.data as TypedArray));
  if (!data || arrays.some((array) => array.shape[1] !== shape[1])) return undefined;
  return {
    shape: [arrays.reduce((rows, array) => rows + array.shape[0], 0), ...shape.slice(1)],
    dtype,
    data,
  };
}
