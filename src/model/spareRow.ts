import type { Tensor } from "../graph/tensor.js";
import type { Context } from "./context.js";

/**
 * Applies products to the rows x [B, d] so that each comes out the same to the bit whatever B is. onnxruntime takes
 * another kernel for the product of a single row, whose sums are rounded in another order: in evaluation the first row
 * is there once more, and what comes of it is dropped. Training has its batches anyhow, and a derivative no need of it.
 *
 * @param products [n, d] → [n, …], row by row
 */
export function spared(c: Context, x: Tensor, products: (x: Tensor) => Tensor): Tensor {
  if (c.training || c.differentiated) return products(x);
  const { g } = c;
  const [b, ...rest] = x.shape;
  const zero = g.constant(Int32Array.of(0), "int32", [1]);
  const first = g.node("Gather", [x, zero], x.dtype, [1, ...rest], { axis: 0 });
  const more = typeof b === "number" ? b + 1 : `${b}+1`;
  if (typeof more === "string")
    g.dimension(more, () => g.node("Add", [g.length(b), g.integers([1])], "int64", [1]));
  const y = products(g.node("Concat", [x, first], x.dtype, [more, ...rest], { axis: 0 }));
  return g.node("Slice", [y, g.integers([0]), g.length(b), g.integers([0])], y.dtype, [
    b,
    ...y.shape.slice(1),
  ]);
}
