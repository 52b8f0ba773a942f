import type { ColumnTable } from "arquero";
import { CellkernelError } from "../../support/error.js";
import { Categorical, type Column, TypedColumn } from "../columns.js";
import type { TypedArray } from "../hdf5/decode.js";
import { toColumn } from "../infer.js";
import type { Output } from "../storage.js";
import { columnsOf } from "../table.js";

/**
 * Writes a table as a `dataframe` 0.2.0
 * (https://anndata.readthedocs.io/en/stable/fileformat-prose.html#dataframes).
 */
export function writeFrame(out: Output, path: string, index: readonly string[], table: ColumnTable): void {
  out.group(path);
  out.encoding(path, "dataframe", "0.2.0");
  out.attribute(path, "_index", "_index");
  out.attribute(path, "column-order", table.columnNames());
  writeTexts(out, `${path}/_index`, index);
  for (const [name, column] of columnsOf(table, path)) {
    if (name === "_index" || name.split("/").includes("")) {
      throw new CellkernelError(
        "column",
        `${path}: a column cannot be named "${name}" in an .h5ad file; rename it.`,
        { column: name },
      );
    }
    writeColumn(out, columnPlace(out, path, name), column);
  }
}

/** The path of a column; makes the groups that a name with slashes lies in, as h5py does. */
export function columnPlace(out: Output, path: string, name: string): string {
  const steps = name.split("/");
  for (let i = 1; i < steps.length; i++) {
    const group = [path, ...steps.slice(0, i)].join("/");
    if (!out.exists(group)) out.group(group);
  }
  return `${path}/${name}`;
}

/** Writes one column in the encoding of its kind. */
export function writeColumn(out: Output, path: string, column: Column): void {
  if (column instanceof Categorical) writeCategorical(out, path, column);
  else if (column instanceof TypedColumn) writeTyped(out, path, column);
  else if (Array.isArray(column)) writeTexts(out, path, column);
  else writeNumbers(out, path, column);
}

function writeTyped(out: Output, path: string, { dtype, values, missing }: TypedColumn): void {
  if (missing === undefined) {
    writeValues(out, path, dtype, values);
    return;
  }
  writeNullable(out, path, dtype);
  writeValues(out, `${path}/values`, dtype, values);
  writeFlags(out, `${path}/mask`, missing);
}

/** Begins a column that may miss values, of `values` and `mask`. */
export function writeNullable(out: Output, path: string, dtype: string): void {
  const kind = dtype === "bool" ? "boolean" : dtype === "str" ? "string-array" : "integer";
  out.group(path);
  out.encoding(path, `nullable-${kind}`, "0.1.0");
}

function writeValues(out: Output, path: string, dtype: string, values: TypedColumn["values"]): void {
  if (dtype === "bool") writeFlags(out, path, values as Uint8Array);
  else if (ArrayBuffer.isView(values)) writeNumbers(out, path, values);
  else writeTexts(out, path, values);
}

function writeCategorical(out: Output, path: string, column: Categorical): void {
  writeCategories(out, path, column);
  writeNumbers(out, `${path}/codes`, narrowCodes(column.codes, column.categories.length));
}

/** Writes a categorical column but for its codes. */
export function writeCategories(
  out: Output,
  path: string,
  column: Pick<Categorical, "categories" | "ordered">,
): void {
  out.group(path);
  out.encoding(path, "categorical", "0.2.0");
  out.attribute(path, "ordered", Uint8Array.of(column.ordered ? 1 : 0));
  const categories = toColumn([...column.categories], path);
  const plain = categories instanceof Categorical ? column.categories.map(String) : categories;
  writeColumn(out, `${path}/categories`, column.categories.length === 0 ? [] : plain);
}

/** Codes in the narrowest signed type, as pandas has them. */
export function narrowCodes(codes: Categorical["codes"], categories: number): TypedArray {
  if (categories <= 128) return Int8Array.from(codes);
  return categories <= 32_768 ? Int16Array.from(codes) : Int32Array.from(codes);
}

export function writeTexts(out: Output, path: string, values: readonly string[], shape?: number[]): void {
  out.texts(path, values, shape);
  out.encoding(path, "string-array", "0.2.0");
}

export function writeNumbers(out: Output, path: string, values: TypedArray, shape?: number[]): void {
  out.numbers(path, values, shape);
  out.encoding(path, "array", "0.2.0");
}

export function writeFlags(out: Output, path: string, values: Uint8Array, shape?: number[]): void {
  out.flags(path, values, shape);
  out.encoding(path, "array", "0.2.0");
}
