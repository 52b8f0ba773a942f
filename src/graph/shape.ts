import { sumTo } from "./elementwise.js";
import type { Graph } from "./graph.js";
import {
  broadcast,
  type Dim,
  GraphError,
  product,
  type Shape,
  sameShape,
  showShape,
  type Tensor,
} from "./tensor.js";

/**
 * The same elements in another shape. Names in `shape` are taken from the tensors that the graph
 * has under them; at most one may be unknown to it.
 */
export function reshape(g: Graph, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (typeof product(x.shape) === "number" && product(x.shape) !== product(shape))
    throw new GraphError(
      `reshape: ${showShape(x.shape)} does not hold as many elements as ${showShape(shape)}`,
    );
  const out = g.node("Reshape", [x, g.shapeVector(shape, true)], x.dtype, shape);
  return g.record(out, [x], (dy) => [reshape(g, dy, x.shape)]);
}

/** Axes in another order. */
export function transpose(g: Graph, x: Tensor, perm: number[]): Tensor {
  if (perm.length !== x.rank || new Set(perm).size !== x.rank)
    throw new GraphError(`transpose: axes ${perm.join(", ")} of ${showShape(x.shape)}`);
  const out = g.node(
    "Transpose",
    [x],
    x.dtype,
    perm.map((p) => x.dim(p)),
    { perm },
  );
  const inverse = perm.map((_, i) => perm.indexOf(i));
  return g.record(out, [x], (dy) => [transpose(g, dy, inverse)]);
}

/** Repeats `x` (whose axes are those of `like`, or 1) to the shape of `like`. */
export function expandLike(g: Graph, x: Tensor, like: Tensor): Tensor {
  return expand(g, x, like.shape);
}

/** Repeats the axes of `x` that are 1 to the given shape. */
export function expand(g: Graph, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcast("expand", x.shape, shape), shape))
    throw new GraphError(`expand: ${showShape(x.shape)} cannot be repeated to ${showShape(shape)}`);
  const out = g.node("Expand", [x, g.shapeVector(shape, false)], x.dtype, shape);
  return g.record(out, [x], (dy) => [sumTo(g, dy, x.shape)]);
}

/** Tensors side by side along `axis` (counted from the front). */
export function concat(g: Graph, parts: Tensor[], axis: number): Tensor {
  const sizes = parts.map((p) => p.dim(axis));
  const rest = (t: Tensor) => showShape(t.shape.map((d, i) => (i === axis ? "·" : d)));
  const odd = parts.find((p) => rest(p) !== rest(parts[0]));
  if (odd)
    throw new GraphError(
      `concat: ${showShape(odd.shape)} beside ${showShape(parts[0].shape)} along axis ${axis}`,
    );
  const total: Dim = sizes.every((s) => typeof s === "number")
    ? (sizes as number[]).reduce((a, b) => a + b, 0)
    : sizes.join("+");
  const shape = parts[0].shape.map((d, i) => (i === axis ? total : d));
  const out = g.node("Concat", parts, parts[0].dtype, shape, { axis });
  return g.record(out, parts, (dy, want) => {
    let start = 0;
    return sizes.map((size, i) => {
      if (typeof size !== "number")
        throw new GraphError("concat: derivative along an axis of unknown length");
      const from = start;
      start += size;
      return want[i] ? slice(g, dy, axis, from, start) : undefined;
    });
  });
}

/** Elements `start` to `end` (not included) of an axis of known length. */
export function slice(g: Graph, x: Tensor, axis: number, start: number, end: number): Tensor {
  const length = x.dim(axis);
  if (typeof length === "number" && (start < 0 || end > length || start >= end))
    throw new GraphError(`slice: ${start} to ${end} of axis ${axis} of ${showShape(x.shape)}`);
  const shape = x.shape.map((d, i) => (i === axis ? end - start : d));
  const out = g.node(
    "Slice",
    [x, g.integers([start]), g.integers([end]), g.integers([axis])],
    x.dtype,
    shape,
  );
  return g.record(out, [x], (dy) => {
    if (start !== 0 || typeof length === "string") return [placeFirst(g, dy, x, axis, start)];
    const after = x.shape.map((_, i) => (i === axis ? (length as number) - end : 0));
    return [g.node("Pad", [dy, g.integers([...x.shape.map(() => 0), ...after])], x.dtype, x.shape)];
  });
}

/** The derivative of a slice: `dy` at `start` of the axis, zeros elsewhere. */
function placeFirst(g: Graph, dy: Tensor, like: Tensor, axis: number, start: number): Tensor {
  const before = like.shape.map((_, i) => (i === axis ? start : 0));
  const size = dy.dim(axis) as number;
  const length = g.shapeVector([like.dim(axis)], false);
  const after = g.node("Sub", [length, g.integers([start + size])], "int64", [1]);
  const zeros = (n: number) => (n > 0 ? [g.integers(Array(n).fill(0))] : []);
  const pads = g.node(
    "Concat",
    [g.integers(before), ...zeros(axis), after, ...zeros(like.rank - axis - 1)],
    "int64",
    [2 * like.rank],
    { axis: 0 },
  );
  return g.node("Pad", [dy, pads], like.dtype, like.shape);
}
