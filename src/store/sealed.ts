import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { Weights } from "../checkpoint/weights.js";
import { CellkernelError } from "../support/error.js";
import { type NamedArray, readArraysAndMetadata, writeArrays } from "./arrays.js";

/** Writes arrays to a file that holds the hash of its own content. */
export function writeSealed(path: string, arrays: Map<string, NamedArray>): void {
  writeArrays(path, arrays, { sha256: seal(arrays) });
}

/**
 * Reads what `writeSealed` wrote.
 * @param remedy what to do where it is damaged
 * @throws where the file is missing or not as it was written
 */
export function readSealed(path: string, remedy: string): Map<string, NamedArray> {
  if (!existsSync(path)) throw new CellkernelError("not-whole", `${path} is missing: ${remedy}`, { path });
  const { arrays, metadata } = readArraysAndMetadata(path);
  if (metadata.sha256 !== seal(arrays))
    throw new CellkernelError("not-whole", `${path} is not as it was written: ${remedy}`, { path });
  return arrays;
}

/** Weights as flat arrays, each called `prefix` + its name. */
export function flatWeights(prefix: string, weights: Weights): [string, NamedArray][] {
  return [...weights].map(([name, { data }]) => [prefix + name, data]);
}

/**
 * The weights among flat arrays, those that are there.
 * @param shapes by name
 */
export function shapedWeights(
  prefix: string,
  arrays: ReadonlyMap<string, NamedArray>,
  shapes: ReadonlyMap<string, number[]>,
): Weights {
  const found: Weights = new Map();
  for (const [name, shape] of shapes) {
    const data = arrays.get(prefix + name);
    // What is read lies in shared memory, in which onnxruntime doesn't write.
    if (data instanceof Float32Array) found.set(name, { shape, data: data.slice() });
  }
  return found;
}

/** A hash of names and content. */
export function seal(arrays: ReadonlyMap<string, NamedArray>): string {
  const hash = createHash("sha256");
  for (const name of [...arrays.keys()].sort()) {
    const { buffer, byteOffset, byteLength } = arrays.get(name)!;
    hash.update(`${name} ${byteLength} `).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
