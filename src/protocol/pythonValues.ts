import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ColumnTable, table } from "arquero";
import { AnnData } from "../anndata/anndata.js";
import { readH5ad } from "../anndata/readH5ad.js";
import { writeH5ad } from "../anndata/write/h5ad.js";

/** Typed arrays by numpy's names of their elements. */
const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};
type Dtype = keyof typeof ARRAYS;

/**
 * Reads a value that Python has written for a `%%ts` cell; what stands in its folder is told in
 * `python/cellkernel/values.py`. An array of several dimensions becomes an array of rows.
 */
export async function take(folder: string): Promise<unknown> {
  const decode = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(decode));
    if (typeof value !== "object" || value === null) return value;
    const given = value as Record<string, never>;
    if ("$array" in given) {
      const bytes = new Uint8Array(readFileSync(join(folder, given.$array)));
      return rows(new ARRAYS[given.dtype as Dtype](bytes.buffer), given.shape);
    }
    if ("$table" in given) return table(await pairs(given.$table));
    if ("$h5ad" in given) return readH5ad(join(folder, given.$h5ad));
    if ("$number" in given) return Number(given.$number);
    return Object.fromEntries(await pairs("$object" in given ? given.$object : Object.entries(given)));
  };
  const pairs = (entries: [string, unknown][]) =>
    Promise.all(entries.map(async ([key, each]) => [key, await decode(each)] as [string, never]));
  return decode(JSON.parse(readFileSync(join(folder, "value.json"), "utf8")));
}

function rows(
  values: { length: number; subarray(from: number, to: number): unknown },
  shape: number[],
): unknown {
  if (shape.length === 1) return values;
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  return Array.from({ length: shape[0] }, (_, i) =>
    rows(values.subarray(i * size, (i + 1) * size) as typeof values, shape.slice(1)),
  );
}

/**
 * Writes a value for Python: tables for pandas, typed arrays for numpy, AnnData for anndata, and all that JSON holds.
 *
 * @param name what it is called in messages
 * @throws TypeError naming where in the value something stands that Python has nothing like
 */
export async function give(name: string, value: unknown, folder: string): Promise<void> {
  let files = 0;
  const encode = (value: unknown, at: string): unknown => {
    if (value === undefined || value === null) return null;
    if (typeof value === "number") return Number.isFinite(value) ? value : { $number: String(value) };
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "bigint" && BigInt(Number(value)) === value) return Number(value);
    if (value instanceof Date) return value.toISOString();
    if (ArrayBuffer.isView(value)) {
      const dtype = (Object.keys(ARRAYS) as Dtype[]).find((each) => value instanceof ARRAYS[each]);
      if (dtype) {
        const file = `${files++}.bin`;
        writeFileSync(join(folder, file), new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
        return { $array: file, dtype, shape: [(value as Uint8Array).length] };
      }
    }
    if (isTable(value))
      return {
        $table: value.columnNames().map((column) => {
          const values = value.array(column);
          return [column, encode(values, `${at}.${column}`)];
        }),
      };
    if (value instanceof Map || value instanceof Set)
      return encode(value instanceof Map ? Object.fromEntries(value) : [...value], at);
    if (Array.isArray(value)) return Array.from(value, (each, i) => encode(each, `${at}[${i}]`));
    if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
      const pairs = Object.entries(value).map(([key, each]) => [key, encode(each, `${at}.${key}`)]);
      return pairs.some(([key]) => (key as string).startsWith("$"))
        ? { $object: pairs }
        : Object.fromEntries(pairs);
    }
    throw new TypeError(
      `--out ${at} is ${describe(value)}; tables, typed arrays, AnnData and what JSON holds can be handed to Python`,
    );
  };
  let encoded: unknown;
  if (value instanceof AnnData) {
    await writeH5ad(value, join(folder, "value.h5ad"));
    encoded = { $h5ad: "value.h5ad" };
  } else encoded = encode(value, name);
  writeFileSync(join(folder, "value.json"), JSON.stringify(encoded));
}

/** By what it can do: a cell's arquero may be another copy than ours. */
function isTable(value: unknown): value is ColumnTable {
  const { columnNames, array } = value as Partial<ColumnTable>;
  return typeof columnNames === "function" && typeof array === "function";
}

function describe(value: unknown): string {
  if (typeof value === "object") return `of type ${value?.constructor?.name}`;
  return typeof value === "bigint" ? "too large to be exact in JSON" : `a ${typeof value}`;
}
