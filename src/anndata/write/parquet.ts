import { parquetWriteBuffer } from "hyparquet-writer";
import { writeFileAtomically } from "../../support/atomic.js";
import type { AnnData } from "../anndata.js";
import type { Column, Value } from "../columns.js";
import { columnsOf } from "../table.js";

/** What the cells' names are called, and otherwise where a column has that name: pandas' own name of an index without one. */
const NAMES = "cell_id";
const OTHER_NAMES = "__index_level_0__";

type Type = "BOOLEAN" | "INT32" | "INT64" | "FLOAT" | "DOUBLE" | "STRING";

/**
 * Writes the cells' table, `obs`, with further columns as Apache Parquet. Names are the column `cell_id`, which pandas takes for the
 * index; categories are texts; what is missing, NaN too, is null. The file has its name when it is whole.
 * Format: https://parquet.apache.org/docs/file-format/; of the index: https://pandas.pydata.org/docs/development/developer.html
 * @param added take the place of columns of their names
 */
export function writeObsParquet(adata: AnnData, path: string, added: ReadonlyMap<string, Column>): void {
  const columns = new Map([...columnsOf(adata.obs, "obs"), ...added]);
  const index = columns.has(NAMES) ? OTHER_NAMES : NAMES;
  const bytes = parquetWriteBuffer({
    columnData: [
      ...[...columns].map(([name, column]) => ({ name, ...stored(column) })),
      { name: index, type: "STRING" as const, data: adata.obsNames },
    ],
    kvMetadata: [{ key: "pandas", value: JSON.stringify(pandasIndex(index)) }],
    createdBy: "cellkernel",
  });
  writeFileAtomically(path, [new Uint8Array(bytes)]);
}

/** What pandas keeps of an index. */
function pandasIndex(name: string) {
  const about = { field_name: name, name: name === OTHER_NAMES ? null : name, metadata: null };
  return {
    index_columns: [name],
    columns: [{ ...about, pandas_type: "unicode", numpy_type: "object" }],
    column_indexes: [],
  };
}

/** A column's values with the type that holds them all. */
function stored(column: Column): { type: Type; data: (Value | bigint)[] } {
  const values = Array.from({ length: column.length }, (_, row) => {
    const value = column.at(row) as Value;
    return Number.isNaN(value) ? null : value;
  });
  const type = typeOf(column, values);
  return {
    type,
    data: type === "INT64" ? values.map((value) => (value === null ? null : BigInt(value))) : values,
  };
}

function typeOf(column: Column, values: readonly Value[]): Type {
  if (column instanceof Float32Array) return "FLOAT";
  if (column instanceof Float64Array) return "DOUBLE";
  const first = values.find((value) => value !== null);
  if (typeof first === "string" || first === undefined) return "STRING";
  if (typeof first === "boolean") return "BOOLEAN";
  const numbers = values.filter((value) => typeof value === "number");
  if (!numbers.every(Number.isInteger)) return "DOUBLE";
  const small = numbers.length === values.filter((value) => value !== null).length;
  return small && numbers.every((value) => value === (value | 0)) ? "INT32" : "INT64";
}
