import { sumTo } from "./elementwise.js";
import type { Attribute, Graph } from "./graph.js";
import { columnSums } from "./reduce.js";
import { transpose } from "./shape.js";
import { broadcast, GraphError, showShape, type Tensor } from "./tensor.js";

/**
 * PyTorch's `Linear`, x Wᵀ + b, times `scale` (which costs nothing: it is the product's own factor).
 * @param x [rows, in]
 * @param w [out, in]
 * @param b [out], optional
 * @returns [rows, out]
 */
export function linear(g: Graph, x: Tensor, w: Tensor, b?: Tensor, scale = 1): Tensor {
  if (x.rank !== 2 || w.rank !== 2 || x.dim(1) !== w.dim(1) || (b && b.dim(0) !== w.dim(0)))
    throw new GraphError(`linear: input ${showShape(x.shape)}, weight ${showShape(w.shape)}`);
  const shape = [x.dim(0), w.dim(0)];
  const out =
    g.halfProducts || !b
      ? shifted(g, g.product("Gemm", x, w, shape, { transB: 1, ...factors(scale) }), b, scale)
      : g.node("Gemm", [x, w, b], x.dtype, shape, { transB: 1, ...factors(scale) });
  return g.record(out, b ? [x, w, b] : [x, w], (dy, want) => {
    const dw = want[1] ? g.product("Gemm", dy, x, w.shape, { transA: 1, ...factors(scale) }) : undefined;
    const db = b && want[2] ? scaled(g, columnSums(g, dy), scale) : undefined;
    // The weight's derivative first: put off, it would keep dy and x until the end of the step.
    const late = [dw, db].reduce<Tensor>((t, d) => (d ? g.after(t, d, dy) : t), w);
    return [want[0] ? g.product("Gemm", dy, late, x.shape, factors(scale)) : undefined, dw, db];
  });
}

function shifted(g: Graph, y: Tensor, b: Tensor | undefined, scale: number): Tensor {
  return b ? g.node("Add", [y, scaled(g, b, scale)], y.dtype, y.shape) : y;
}

function factors(scale: number): { [name: string]: Attribute } {
  return scale === 1 ? {} : { alpha: { float: scale }, beta: { float: scale } };
}

function scaled(g: Graph, x: Tensor, scale: number): Tensor {
  return scale === 1 ? x : g.node("Mul", [x, g.scalar(scale, x.dtype)], x.dtype, x.shape);
}

/** Matrix product over the last two axes; those before broadcast. */
export function matmul(g: Graph, a: Tensor, b: Tensor): Tensor {
  if (a.rank < 2 || b.rank < 2 || a.dim(-1) !== b.dim(-2))
    throw new GraphError(`matmul: ${showShape(a.shape)} by ${showShape(b.shape)}`);
  const lead = broadcast("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = g.product("MatMul", a, b, [...lead, a.dim(-2), b.dim(-1)]);
  return g.record(out, [a, b], (dy, want) => [
    want[0] ? sumTo(g, matmul(g, dy, swapLast(g, b)), a.shape) : undefined,
    want[1] ? sumTo(g, matmul(g, swapLast(g, a), dy), b.shape) : undefined,
  ]);
}

/** The last two axes exchanged. */
export function swapLast(g: Graph, x: Tensor): Tensor {
  const perm = x.shape.map((_, i) => i);
  [perm[x.rank - 2], perm[x.rank - 1]] = [x.rank - 1, x.rank - 2];
  return transpose(g, x, perm);
}
