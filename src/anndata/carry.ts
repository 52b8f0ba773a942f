import type { Decoded, TypedArray } from "./hdf5/decode.js";
import type { Output, Storage } from "./storage.js";

/**
 * Copies an array, or a group with all that is in it, to the same path of a file of any format, by what it holds: texts,
 * numbers and booleans, which all formats have, with their attributes. Its parent must be there.
 *
 * @param refuse makes the error for what another format can't hold
 */
export function carry(from: Storage, to: Output, path: string, refuse: () => Error, depth = 0): void {
  if (depth > DEEPEST) throw refuse();
  if (from.kind(path) === "group") {
    to.group(path);
    for (const key of from.keys(path)) carry(from, to, `${path}/${key}`, refuse, depth + 1);
  } else carryArray(from, to, path, refuse);
  for (const name of from.attributeNames(path))
    to.attribute(path, name, carried(from.attribute(path, name)!, refuse));
}

/** Groups in groups that are followed: more is a cycle of links. */
const DEEPEST = 64;

function carryArray(from: Storage, to: Output, path: string, refuse: () => Error): void {
  const { values, dtype, shape, inner } = from.read(path);
  if (dtype === "str") to.texts(path, values as string[], shape);
  else if (dtype === "bool") to.flags(path, values as Uint8Array, shape);
  else if (ArrayBuffer.isView(values)) to.numbers(path, values as TypedArray, [...shape, ...inner]);
  else throw refuse();
}

/** A list of one is taken for what it lists by readers and writers alike, so it can't be carried. */
function carried({ values, dtype, shape }: Decoded & { shape: number[] }, refuse: () => Error) {
  const listed = shape.length > 0;
  if (dtype === "str" && shape.length < 2) return listed ? (values as string[]) : (values as string[])[0];
  if (!ArrayBuffer.isView(values) || shape.length > 1 || (listed && values.byteLength > 0 && shape[0] === 1))
    throw refuse();
  const numbers = values as TypedArray;
  // JSON has one type of numbers, and what is none is an object there.
  const all = Array.from(numbers as ArrayLike<number | bigint>, Number);
  if (all.some(Number.isNaN)) throw refuse();
  return all.every(Number.isSafeInteger) ? BigInt64Array.from(all, BigInt) : numbers;
}
