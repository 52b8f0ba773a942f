import type { Metadata } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";
import type { TypedArray } from "./decode.js";
import type { H5File } from "./file.js";
import type { H5Output } from "./output.js";

/** Groups in groups that are followed: more is a cycle of links. */
const DEEPEST = 64;

/**
 * Copies a dataset, or a group with all that is in it, with its attributes and under its own path, element by element
 * as they are stored. Its parent must be there. Compression is left behind.
 */
export function copyObject(from: H5File, to: H5Output, path: string, depth = 0): void {
  if (depth > DEEPEST)
    throw new CellkernelError("format", `${from.at(path)} lies more than ${DEEPEST} groups deep.`, {
      path: from.path,
      member: path,
    });
  if (from.kind(path) === "group") {
    to.group(path);
    for (const key of from.keys(path)) copyObject(from, to, `${path}/${key}`, depth + 1);
  } else copyDataset(from, to, path);
  for (const name of from.attributeNames(path)) {
    // A boolean is written in a way of its own, and only datasets can be.
    const decoded = from.attribute(path, name)!;
    if (decoded.dtype === "bool") to.attribute(path, name, decoded.values as TypedArray);
    else from.lendAttribute(path, name, (pointer, type) => to.attributeAt(path, name, pointer, type));
  }
}

function copyDataset(from: H5File, to: H5Output, path: string): void {
  const type = from.dataset(path);
  if (from.dtype(path) === "bool") to.flags(path, from.read(path).values as Uint8Array, type.shape);
  else from.lend(path, (pointer) => to.datasetAt(path, pointer, storable(type)));
}

/** The element type as it can be made; an enumeration becomes the integers that it names. */
function storable(type: Metadata & { shape: number[] }): Metadata & { shape: number[] } {
  return type.enum_type ? { ...type, type: type.enum_type.type, enum_type: undefined } : type;
}
