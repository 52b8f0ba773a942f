import { wherePositive } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { broadcast, type DType, type Tensor } from "./tensor.js";

/**
 * The mask of a dropout (Srivastava et al. 2014) as arithmetic, so that every provider makes the same one
 * and the derivative makes it again instead of keeping it: 1 where an element is kept, else 0.
 *
 * Element (i, j) is kept where the product of a random odd row key and a random odd column key,
 * modulo 2^32 and read as a signed integer, is at least a threshold. For a fixed row the products of
 * independent keys are independent and uniform in their high bits (multiplicative hashing), and so
 * for a fixed column. Fresh keys are fed at every step; a site of the model has its own multiplier.
 *
 * The factor 1 / (1 − p) is left to the caller, who can fold it into a weight where it costs nothing.
 *
 * @param rowKeys int32 […, rows, 1], odd
 * @param columnKeys int32 […, 1, columns], odd
 * @returns […, rows, columns] of type `dtype`
 */
export function dropoutMask(g: Graph, rowKeys: Tensor, columnKeys: Tensor, p: number, dtype: DType): Tensor {
  const shape = broadcast("dropoutMask", rowKeys.shape, columnKeys.shape);
  const hash = g.node("Mul", [rowKeys, columnKeys], "int32", shape);
  return g.cast(
    g.node("GreaterOrEqual", [hash, g.scalar(dropoutThreshold(p), "int32")], "bool", shape),
    dtype,
  );
}

/** The least product of two keys that keeps an element. */
export function dropoutThreshold(p: number): number {
  return Math.round(-(2 ** 31) + p * 2 ** 32);
}

/**
 * x where the mask of these keys holds, else 0 (not rescaled).
 * @param x [rows, d]
 */
export function dropout(g: Graph, x: Tensor, rowKeys: Tensor, columnKeys: Tensor, p: number): Tensor {
  const out = g.node("Mul", [x, dropoutMask(g, rowKeys, columnKeys, p, x.dtype)], x.dtype, x.shape);
  // In the derivative the keys stand the other way round: the same nodes again would be merged with those of the
  // value, and the mask then kept until here.
  return g.record(out, [x], (dy) => [
    g.node("Mul", [dy, dropoutMask(g, columnKeys, g.after(rowKeys, dy), p, x.dtype)], x.dtype, x.shape),
  ]);
}

/**
 * `dropout(relu(x))`. Its derivative asks only whether the output is above 0, which says at once that the
 * element was kept and positive.
 */
export function reluDropout(g: Graph, x: Tensor, rowKeys: Tensor, columnKeys: Tensor, p: number): Tensor {
  const positive = g.node("Relu", [x], x.dtype, x.shape);
  const out = g.node("Mul", [positive, dropoutMask(g, rowKeys, columnKeys, p, x.dtype)], x.dtype, x.shape);
  return g.record(out, [x], (dy) => [wherePositive(g, out, dy)]);
}

/**
 * Odd 32-bit integers of a seeded generator (SplitMix, 32-bit finaliser of MurmurHash3).
 * @param first how many of the stream are left out before
 */
export function oddKeys(count: number, seed: number, stream: number, first = 0): Int32Array {
  const keys = new Int32Array(count);
  const offset = mix(Math.imul(seed, 0x9e3779b9) ^ mix(stream + 0x632be5ab));
  for (let i = 0; i < count; i++) keys[i] = mix(offset + Math.imul(first + i, 0x9e3779b9)) | 1;
  return keys;
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
