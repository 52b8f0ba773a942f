import type { Graph } from "./graph.js";
import { sumOfSquares } from "./reduce.js";
import type { Tensor } from "./tensor.js";

/** Adam's constants (Kingma & Ba 2015; PyTorch's defaults for the betas). */
export interface AdamOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled weight decay (AdamW, Loshchilov & Hutter 2019); 0 is Adam. */
  weightDecay: number;
}

/** The L2 norm of all gradients together. */
export function globalNorm(g: Graph, gradients: Tensor[]): Tensor {
  const squares = gradients.map((x) => sumOfSquares(g, x));
  const total = squares.reduce((a, b) => g.node("Add", [a, b], a.dtype, []));
  return g.node("Sqrt", [total], total.dtype, []);
}

/** The factor that brings a norm down to `limit`: min(1, limit / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`. */
export function clipFactor(g: Graph, norm: Tensor, limit: number): Tensor {
  const padded = g.node("Add", [norm, g.scalar(1e-6, norm.dtype)], norm.dtype, []);
  const ratio = g.node("Div", [g.scalar(limit, norm.dtype), padded], norm.dtype, []);
  return g.node("Min", [ratio, g.scalar(1, norm.dtype)], norm.dtype, []);
}

/**
 * Scalars that all updates of one step share, float32 []. Those that depend on the step's number t are computed
 * outside in double precision: 1 − β₂ᵗ in single would be off by 5e-5 at the first step.
 */
export interface AdamStep {
  learningRate: Tensor;
  /** lr / (1 − β₁ᵗ) */
  rate: Tensor;
  /** √(1 − β₂ᵗ) */
  correction: Tensor;
  /** What every gradient is multiplied by first: clipping, and the inverse of the loss scale. */
  factor: Tensor;
}

/** One parameter's update: the new weight and the new moments, in the state's own buffers when fed so. */
export function adam(
  g: Graph,
  weight: Tensor,
  gradient: Tensor,
  m: Tensor,
  v: Tensor,
  step: AdamStep,
  o: AdamOptions,
): { weight: Tensor; m: Tensor; v: Tensor } {
  const each = (op: string, a: Tensor, b: Tensor) => g.node(op, [a, b], weight.dtype, weight.shape);
  const c = (x: number) => g.scalar(x, "float32");
  const share = (factor: Tensor, rest: number) => g.node("Mul", [factor, c(rest)], "float32", []);
  const factor2 = g.node("Mul", [step.factor, step.factor], "float32", []);
  const newM = each(
    "Add",
    each("Mul", m, c(o.beta1)),
    each("Mul", gradient, share(step.factor, 1 - o.beta1)),
  );
  const squared = each("Mul", each("Mul", gradient, gradient), share(factor2, 1 - o.beta2));
  const newV = each("Add", each("Mul", v, c(o.beta2)), squared);
  const root = g.node("Sqrt", [newV], weight.dtype, weight.shape);
  const denominator = each("Add", each("Div", root, step.correction), c(o.epsilon));
  const update = each("Div", each("Mul", newM, step.rate), denominator);
  const decayed =
    o.weightDecay === 0
      ? weight
      : each(
          "Sub",
          weight,
          each("Mul", weight, g.node("Mul", [step.learningRate, c(o.weightDecay)], "float32", [])),
        );
  return { weight: each("Sub", decayed, update), m: newM, v: newV };
}
