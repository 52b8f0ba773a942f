import type { Graph } from "./graph.js";
import { broadcast, type Tensor } from "./tensor.js";

/**
 * Dropout (Srivastava et al. 2014) whose mask is arithmetic, so that every provider makes the same one
 * and the derivative makes it again instead of keeping it.
 *
 * Element (i, j) is kept where the product of a random odd row key and a random odd column key,
 * modulo 2^32 and read as a signed integer, is at least a threshold. For a fixed row the products of
 * independent keys are independent and uniform in their high bits (multiplicative hashing), and so
 * for a fixed column. Fresh keys are fed at every step; a site of the model has its own multiplier.
 *
 * The mask only sets elements to zero. The factor 1 / (1 − p) is left to the caller, who can fold it
 * into a weight where it costs nothing.
 */
export function dropoutMask(g: Graph, rowKeys: Tensor, columnKeys: Tensor, p: number): Tensor {
  const shape = broadcast("dropoutMask", rowKeys.shape, columnKeys.shape);
  const hash = g.node("Mul", [rowKeys, columnKeys], "int32", shape);
  return g.node("GreaterOrEqual", [hash, threshold(g, p)], "bool", shape);
}

function threshold(g: Graph, p: number): Tensor {
  return g.scalar(Math.round(-(2 ** 31) + p * 2 ** 32), "int32");
}

/**
 * x where the mask of these keys holds, else 0 (not rescaled).
 * @param x [rows, d]
 * @param rowKeys int32 [rows, 1], odd
 * @param columnKeys int32 [1, d], odd
 */
export function dropout(g: Graph, x: Tensor, rowKeys: Tensor, columnKeys: Tensor, p: number): Tensor {
  const zero = g.scalar(0, x.dtype);
  const out = g.node("Where", [dropoutMask(g, rowKeys, columnKeys, p), x, zero], x.dtype, x.shape);
  return g.record(out, [x], (dy) => {
    // Written the other way round: the same nodes again would be merged with those of the value,
    // and the mask then kept until here.
    const hash = g.node("Mul", [columnKeys, rowKeys], "int32", x.shape);
    const dropped = g.node("Less", [hash, threshold(g, p)], "bool", x.shape);
    return [g.node("Where", [dropped, zero, dy], x.dtype, x.shape)];
  });
}

/**
 * `dropout(relu(x))`. Its derivative asks only whether the output is above 0, which says at once that the
 * element was kept and positive.
 */
export function reluDropout(g: Graph, x: Tensor, rowKeys: Tensor, columnKeys: Tensor, p: number): Tensor {
  const zero = g.scalar(0, x.dtype);
  const positive = g.node("Relu", [x], x.dtype, x.shape);
  const out = g.node("Where", [dropoutMask(g, rowKeys, columnKeys, p), positive, zero], x.dtype, x.shape);
  return g.record(out, [x], (dy) => {
    const passed = g.node("Greater", [out, zero], "bool", x.shape);
    return [g.node("Where", [passed, dy, zero], x.dtype, x.shape)];
  });
}

/** Odd 32-bit integers of a seeded generator (SplitMix, 32-bit finaliser of MurmurHash3). */
export function oddKeys(count: number, seed: number, stream: number): Int32Array {
  const keys = new Int32Array(count);
  const offset = mix(Math.imul(seed, 0x9e3779b9) ^ mix(stream + 0x632be5ab));
  for (let i = 0; i < count; i++) keys[i] = mix(offset + Math.imul(i, 0x9e3779b9)) | 1;
  return keys;
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
