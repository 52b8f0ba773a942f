import { div } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { expand, expandLike, reshape } from "./shape.js";
import type { Shape, Tensor } from "./tensor.js";

function reducedShape(x: Tensor, axes: number[], keep: boolean): Shape {
  const at = new Set(axes.map((a) => (a < 0 ? a + x.rank : a)));
  return keep ? x.shape.map((d, i) => (at.has(i) ? 1 : d)) : x.shape.filter((_, i) => !at.has(i));
}

/** Sum over `axes`; with `keep` they stay, of length 1. */
export function reduceSum(g: Graph, x: Tensor, axes: number[], keep = false): Tensor {
  const out = g.node("ReduceSum", [x, g.integers(axes)], x.dtype, reducedShape(x, axes, keep), {
    keepdims: keep ? 1 : 0,
  });
  return g.record(out, [x], (dy) => [
    expandLike(g, keep ? dy : reshape(g, dy, reducedShape(x, axes, true)), x),
  ]);
}

/** Mean over `axes`; with `keep` they stay, of length 1. */
export function reduceMean(g: Graph, x: Tensor, axes: number[], keep = false): Tensor {
  const out = g.node("ReduceMean", [x, g.integers(axes)], x.dtype, reducedShape(x, axes, keep), {
    keepdims: keep ? 1 : 0,
  });
  return g.record(out, [x], (dy) => {
    const share = div(
      g,
      keep ? dy : reshape(g, dy, reducedShape(x, axes, true)),
      g.countAlong(x, axes, x.dtype),
    );
    return [expandLike(g, share, x)];
  });
}

/**
 * Sums of the columns of x [rows, d], as a product with ones: on the CPU `ReduceSum` over the first axis takes several
 * times as long. No derivative.
 */
export function columnSums(g: Graph, x: Tensor): Tensor {
  const ones = expand(g, reshape(g, g.scalar(1, x.dtype), [1, 1]), [1, x.dim(0)]);
  return reshape(g, g.node("MatMul", [ones, x], x.dtype, [1, x.dim(1)]), [x.dim(1)]);
}

/** Sum of the squares of all elements, a scalar; no derivative. */
export function sumOfSquares(g: Graph, x: Tensor): Tensor {
  return g.node("ReduceSumSquare", [x], x.dtype, [], { keepdims: 0 });
}
