import { mul, sub } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { reduceSum } from "./reduce.js";
import type { Tensor } from "./tensor.js";

/** Along the last axis: exponentials, divided by their sum. */
export function softmax(g: Graph, x: Tensor): Tensor {
  const y = g.node("Softmax", [x], x.dtype, x.shape, { axis: -1 });
  return g.record(y, [x], (dy) => [mul(g, y, sub(g, dy, reduceSum(g, mul(g, dy, y), [-1], true)))]);
}
