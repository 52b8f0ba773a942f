import { dropoutThreshold } from "./dropout.js";
import type { Attribute, Graph } from "./graph.js";
import type { AdamOptions } from "./optimizer.js";
import { type DType, GraphError, type Shape, showShape, type Tensor } from "./tensor.js";

// Operations of one node each, for which the CUDA runtime brings kernels of its own (`kernels/`, `runtime/kernelOps.ts`).
// Activations are float16, with a float32 copy of the residual stream; statistics, sums and weights are float32.
// Padding stands at the end of a cell: its queries give zeros, and nothing learns from them.

/** ONNX domain of the operations. */
export const KERNEL_DOMAIN = "cellkernel";

/** Dropout by keys (`dropoutMask`); without it, any int32 tensors of the keys' shapes and p = 0. */
export interface KernelDropout {
  p: number;
  rowKeys: Tensor;
  columnKeys: Tensor;
}

/** Sums of strips of rows, that a kernel adds up in a second pass: scratch. */
const PARTIAL: [DType, Shape] = ["float32", []];

function ops(
  g: Graph,
  op: string,
  inputs: Tensor[],
  outputs: [DType, Shape][],
  attributes: { [name: string]: Attribute } = {},
): Tensor[] {
  const made = outputs.map(([dtype, shape]) => ({ dtype, shape }));
  return g.nodesOf(op, inputs, made, attributes, KERNEL_DOMAIN);
}

/** What a kernel needs to know of a dropout: its threshold, and the factor 1 / (1 − p). */
function dropoutAttributes(p: number): { [name: string]: Attribute } {
  return { threshold: p === 0 ? -(2 ** 31) : dropoutThreshold(p), boost: { float: 1 / (1 - p) } };
}

/**
 * Makes an activation again for a derivative, so that it need not be kept; not before `moment` has been computed. The
 * same to the bit.
 */
export type Again = (moment: Tensor) => Tensor;

/** A parameter in float32, which learns, and in float16, which is computed with. */
export interface Doubled {
  wide: Tensor;
  narrow: Tensor;
}

/**
 * x Wᵀ + b in float16, summed in float32.
 * @param x float16 [rows, in]
 * @param weight [out, in]
 * @param bias [out], optional
 * @param again makes x for the weight's derivative; absent, x is kept for it
 * @returns float16 [rows, out]
 */
export function halfLinear(g: Graph, x: Tensor, weight: Doubled, bias?: Doubled, again?: Again): Tensor {
  const [w, half, b] = [weight.wide, weight.narrow, bias?.wide];
  if (x.dtype !== "float16" || x.dim(1) !== w.dim(1))
    throw new GraphError(`halfLinear: ${x.dtype} input ${showShape(x.shape)}, weight ${showShape(w.shape)}`);
  const out = halfProduct(g, x, weight, bias);
  return g.record(out, b ? [x, w, b] : [x, w], (dy, want) => {
    const dw = want[1]
      ? g.cast(g.node("Gemm", [dy, again?.(dy) ?? x], "float16", w.shape, { transA: 1 }), "float32")
      : undefined;
    const db = b && want[2] ? columnSums(g, dy) : undefined;
    const dx = want[0] ? g.node("Gemm", [dy, half], "float16", x.shape) : undefined;
    // Put off, they would keep dy and x until the end of the step.
    if (dx) g.precede(dw ?? db ?? dy, dx);
    return [dx, dw, db];
  });
}

/** The value of `halfLinear`, off the tape. */
export function halfProduct(g: Graph, x: Tensor, { narrow }: Doubled, bias?: Doubled): Tensor {
  const operands = bias ? [x, narrow, bias.narrow] : [x, narrow];
  return g.node("Gemm", operands, "float16", [x.dim(0), narrow.dim(0)], { transB: 1 });
}

/** Sums of the columns of float16 x [rows, d]: float32 [d]. No derivative. */
function columnSums(g: Graph, x: Tensor): Tensor {
  return ops(g, "ColumnSums", [x], [["float32", [x.dim(1)]], PARTIAL])[0];
}

/**
 * Multi-head self-attention with dropout, in blocks that stay on the chip (Dao et al. 2022, 2023).
 * @param qkv float16 [B·N, 3d]: queries, keys, values side by side, not scaled
 * @param lengths int32 [B]: tokens of each cell before its padding
 * @param dropout keys int32 [B, N]
 * @param headKeys int32 [H]
 * @param again makes qkv for the derivative; absent, it is kept for it
 * @returns float16 [B·N, d], scaled by 1 / (1 − p), not yet projected
 */
export function kernelAttention(
  g: Graph,
  qkv: Tensor,
  lengths: Tensor,
  dropout: KernelDropout,
  headKeys: Int32Array,
  again?: Again,
): Tensor {
  const [rows, width] = qkv.shape as [Shape[0], number];
  const [b, n] = dropout.rowKeys.shape;
  const heads = headKeys.length;
  const d = width / 3;
  const keys = [dropout.rowKeys, dropout.columnKeys, g.constant(headKeys, "int32", [heads])];
  const attributes = { ...dropoutAttributes(dropout.p), scale: { float: 1 / Math.sqrt(d / heads) } };
  const statistics: [DType, Shape] = ["float32", [b, heads, n]];
  const [out, lse] = ops(
    g,
    "Attention",
    [qkv, lengths, ...keys],
    [["float16", [rows, d]], statistics],
    attributes,
  );
  return g.record(out, [qkv], (dy) => {
    const inputs = [again?.(dy) ?? qkv, out, lse, dy, lengths, ...keys, g.momentBefore(dy)];
    return ops(g, "AttentionGradient", inputs, [["float16", qkv.shape], statistics], attributes).slice(0, 1);
  });
}

/** Adam's numbers of one step (see `AdamStep`), as the kernel is given them: float32 [8]. */
export function kernelAdamScalars(
  {
    rate,
    correction,
    factor,
    learningRate,
  }: Record<"rate" | "correction" | "factor" | "learningRate", number>,
  { beta1, beta2, epsilon, weightDecay }: AdamOptions,
): Float32Array {
  return Float32Array.of(rate, correction, factor, learningRate * weightDecay, beta1, beta2, epsilon, 0);
}

/**
 * Adam's step on all parameters, in one pass (`adam` says the same in many).
 * @param weight, m, v, gradient float32 [rows, 512]
 * @param scalars float32 [8], of `kernelAdamScalars`
 * @returns the new weight, m and v, and the weight in float16
 */
export function kernelAdam(
  g: Graph,
  weight: Tensor,
  m: Tensor,
  v: Tensor,
  gradient: Tensor,
  scalars: Tensor,
): Tensor[] {
  const { shape } = weight;
  const wide: [DType, Shape] = ["float32", shape];
  return ops(g, "Adam", [weight, m, v, gradient, scalars], [wide, wide, wide, ["float16", shape]]);
}

/**
 * LayerNorm(residual + dropout(x + bias)), as the end of a transformer's sublayer has it.
 * @param x float16 [rows, d]
 * @param bias float32 [d]
 * @param residual float32 [rows, d]
 * @param weight, shift float32 [d], of the norm
 * @param dropout keys int32 of `rows` and of d elements
 * @returns the same in float32, for the next residual, and in float16, for the next product; the latter can be had again
 */
export function kernelAddNorm(
  g: Graph,
  x: Tensor,
  bias: Tensor,
  residual: Tensor,
  weight: Tensor,
  shift: Tensor,
  dropout: KernelDropout,
  epsilon = 1e-5,
): { wide: Tensor; narrow: Tensor; again: Again } {
  const [rows, d] = x.shape;
  const keys = [dropout.rowKeys, dropout.columnKeys];
  const attributes = dropoutAttributes(dropout.p);
  const [y, narrow, normal, inverse] = ops(
    g,
    "AddNorm",
    [x, bias, residual, weight, shift, ...keys],
    [
      ["float32", x.shape],
      ["float16", x.shape],
      ["float16", x.shape],
      ["float32", [rows]],
    ],
    { ...attributes, epsilon: { float: epsilon } },
  );
  const vector: [DType, Shape] = ["float32", [d]];
  g.recordAll([y, narrow], [x, bias, residual, weight, shift], ([dy, dNarrow], want) => {
    const op = dy && dNarrow ? "AddNormGradient" : dy ? "AddNormGradientWide" : "AddNormGradientNarrow";
    const given = [dy, dNarrow].filter((t) => t !== undefined);
    const inputs = [...given, normal, inverse, weight, ...keys, g.momentBefore(given[given.length - 1])];
    const [dResidual, dx, dWeight, dShift, dBias] = ops(
      g,
      op,
      inputs,
      [["float32", x.shape], ["float16", x.shape], vector, vector, vector, PARTIAL],
      attributes,
    );
    return [dx, dBias, dResidual, dWeight, dShift].map((t, i) => (want[i] ? t : undefined));
  });
  let renewed: Tensor | undefined;
  const again = (moment: Tensor): Tensor => {
    renewed ??= ops(g, "NormAgain", [normal, weight, shift, moment], [["float16", x.shape]])[0];
    return renewed;
  };
  return { wide: y, narrow, again };
}

/**
 * dropout(relu(x + bias)).
 * @param x float16 [rows, d]
 * @param bias float32 [d]
 * @param dropout keys int32 of `rows` and of d elements
 * @returns float16 [rows, d]
 */
export function kernelReluDrop(g: Graph, x: Tensor, bias: Tensor, dropout: KernelDropout): Tensor {
  const attributes = dropoutAttributes(dropout.p);
  const inputs = [x, bias, dropout.rowKeys, dropout.columnKeys];
  const [y] = ops(g, "ReluDrop", inputs, [["float16", x.shape]], attributes);
  return g.record(y, [x, bias], (dy, want) => {
    const outputs: [DType, Shape][] = [["float16", x.shape], ["float32", bias.shape], PARTIAL];
    const [dx, dBias] = ops(g, "ReluDropGradient", [dy, y, g.momentBefore(dy)], outputs, attributes);
    return [want[0] ? dx : undefined, want[1] ? dBias : undefined];
  });
}
