import { CellkernelError } from "../support/error.js";
import { Categorical, type Column, TypedColumn, type Value } from "./columns.js";

/**
 * The column that a list of JavaScript values is: numbers, booleans or texts, with or without
 * missing ones (`null`, `undefined`). Texts that repeat become categorical with sorted categories,
 * as anndata does when it writes. `where` opens the error for a list of mixed values.
 */
export function toColumn(values: ArrayLike<unknown> & Iterable<unknown>, where: string): Column {
  if (values instanceof Categorical || values instanceof TypedColumn) return values;
  if (values instanceof BigInt64Array) return new TypedColumn("int64", values);
  if (values instanceof BigUint64Array) return new TypedColumn("uint64", values);
  if (ArrayBuffer.isView(values)) return values as Column;
  const list = Array.from(values, (value) => (value instanceof Date ? value.toISOString() : (value ?? null)));
  const missing = Uint8Array.from(list, (value) => (value === null ? 1 : 0));
  const holes = missing.includes(1) ? missing : undefined;
  const kinds = new Set(list.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size > 1) {
    throw new CellkernelError(
      "column",
      `${where} mixes ${[...kinds].join(" and ")} values; make them all of one kind.`,
      { column: where },
    );
  }
  const [kind] = kinds;
  switch (kind) {
    case "number":
      return numberColumn(list as (number | null)[], holes);
    case "bigint":
      return new TypedColumn(
        "int64",
        BigInt64Array.from(list as bigint[], (value) => value ?? 0n),
        holes,
      );
    case "boolean":
      return new TypedColumn("bool", Uint8Array.from(list, Number), holes);
    case "string":
      return textColumn(list as (string | null)[], holes !== undefined);
    case undefined:
      return new Float64Array(list.length).fill(Number.NaN);
    default:
      throw new CellkernelError(
        "column",
        `${where} holds values of type ${kind}; a column holds numbers, booleans or texts.`,
        { column: where },
      );
  }
}

function numberColumn(list: (number | null)[], missing: Uint8Array | undefined): Column {
  const whole = list.every((value) => value === null || Number.isSafeInteger(value));
  if (!whole) return Float64Array.from(list, (value) => value ?? Number.NaN);
  return new TypedColumn(
    "int64",
    BigInt64Array.from(list, (value) => BigInt(value ?? 0)),
    missing,
  );
}

function textColumn(list: (string | null)[], holes: boolean): Column {
  const distinct = [...new Set(list)].filter((value): value is string => value !== null).sort(byCodePoint);
  if (distinct.length === list.length && !holes) return list as string[];
  const position = new Map<Value, number>(distinct.map((value, code) => [value, code]));
  return new Categorical(
    Int32Array.from(list, (value) => position.get(value) ?? -1),
    distinct,
    false,
  );
}

/** The order in which pandas sorts texts. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
