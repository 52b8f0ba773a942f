import { add, atLeast, div, log, mul, neg, square, sub } from "./elementwise.js";
import { indices } from "./gather.js";
import type { Graph } from "./graph.js";
import { reduceSum } from "./reduce.js";
import { reshape } from "./shape.js";
import { GraphError, showShape, type Tensor } from "./tensor.js";

/**
 * Weighted sum of cross-entropies; a mean is had by weights that sum to 1.
 * Written without `SoftmaxCrossEntropyLoss` and `OneHot`, which only the CPU provider has.
 *
 * @param logits [B, C]
 * @param labels int32 [B], each in 0 … C − 1
 * @param weights [B]
 * @param smoothing label smoothing (Szegedy et al. 2016): the share that a cell's own label keeps of its weight, and what
 *   each class has of every cell besides, [1, C]
 * @returns a scalar
 */
export function crossEntropy(
  g: Graph,
  logits: Tensor,
  labels: Tensor,
  weights: Tensor,
  smoothing?: { kept: number; others: Tensor },
): Tensor {
  const [b, classes] = logits.shape;
  if (logits.rank !== 2 || labels.rank !== 1)
    throw new GraphError(
      `crossEntropy: logits ${showShape(logits.shape)}, labels ${showShape(labels.shape)}`,
    );
  const range = reshape(g, indices(g, classes), [1, classes]);
  const hit = g.node("Equal", [reshape(g, labels, [b, 1]), range], "bool", logits.shape);
  const hot = g.cast(hit, logits.dtype);
  const softmax = g.node("Softmax", [logits], logits.dtype, logits.shape, { axis: -1 });
  const shifted = g.node("Sub", [logits, expectation(g, logits, softmax)], logits.dtype, logits.shape);
  const e = g.node("Exp", [shifted], logits.dtype, logits.shape);
  const total = g.node("ReduceSum", [e, g.integers([-1])], logits.dtype, [b, 1], { keepdims: 1 });
  const logTotal = g.node("Log", [total], logits.dtype, [b, 1]);
  if (smoothing) {
    const own = mul(g, mul(g, hot, reshape(g, weights, [b, 1])), smoothing.kept);
    const wanted = add(g, own, smoothing.others);
    const sum = g.node("ReduceSum", [wanted, g.integers([-1])], logits.dtype, [b, 1], { keepdims: 1 });
    const logs = g.node("Sub", [logTotal, shifted], logits.dtype, logits.shape);
    const loss = g.node("ReduceSum", [mul(g, wanted, logs)], logits.dtype, [], { keepdims: 0 });
    return g.record(loss, [logits], (dy) => [mul(g, sub(g, mul(g, softmax, sum), wanted), dy)]);
  }
  const picked = g.node("Mul", [shifted, hot], logits.dtype, logits.shape);
  const logit = g.node("ReduceSum", [picked, g.integers([-1])], logits.dtype, [b, 1], { keepdims: 1 });
  const each = g.node("Sub", [logTotal, logit], logits.dtype, [b, 1]);
  const weighted = g.node("Mul", [each, reshape(g, weights, [b, 1])], logits.dtype, [b, 1]);
  const loss = g.node("ReduceSum", [weighted], logits.dtype, [], { keepdims: 0 });
  return g.record(loss, [logits], (dy) => {
    return [mul(g, sub(g, softmax, hot), mul(g, reshape(g, weights, [b, 1]), dy))];
  });
}

/**
 * Σ p · x along the last axis, which stays with length 1, where p is the softmax of x: what exponentials can be shifted
 * by. It is below the largest element by at most the softmax's entropy, log C, so that e^(x − shift) is at most C. (The
 * largest itself, by `ReduceMax`, needs cuDNN on CUDA, which nothing else here does.)
 */
function expectation(g: Graph, x: Tensor, p: Tensor): Tensor {
  const weighed = g.node("Mul", [p, x], x.dtype, x.shape);
  return g.node("ReduceSum", [weighed, g.integers([-1])], x.dtype, [...x.shape.slice(0, -1), 1], {
    keepdims: 1,
  });
}

/**
 * Mean squared error over the masked elements (scGPT's `masked_mse_loss`); 0 where none is.
 * @param mask of the type of `x`: 1 where the element counts, else 0
 */
export function maskedMeanSquaredError(g: Graph, x: Tensor, target: Tensor, mask: Tensor): Tensor {
  const squares = square(g, mul(g, sub(g, x, target), mask));
  const all = x.shape.map((_, i) => i);
  return div(g, reduceSum(g, squares, all), countOf(g, mask));
}

/** How many elements count, at least 1. */
function countOf(g: Graph, mask: Tensor): Tensor {
  const all = mask.shape.map((_, i) => i);
  return atLeast(g, reduceSum(g, mask, all), 1);
}

/**
 * Negative log-likelihood, over the masked elements, of whether the target is above 0 under Bernoulli
 * probabilities (scGPT's `criterion_neg_log_bernoulli`; probabilities are kept off 0 and 1 as PyTorch does).
 */
export function negativeLogBernoulli(g: Graph, probability: Tensor, target: Tensor, mask: Tensor): Tensor {
  const epsilon = 2 ** -23;
  const clamped = sub(g, 1, atLeast(g, sub(g, 1, atLeast(g, probability, epsilon)), epsilon));
  const above = g.node("Greater", [target, g.scalar(0, target.dtype)], "bool", target.shape);
  const positive = g.cast(above, probability.dtype);
  const logLikelihood = add(
    g,
    mul(g, positive, log(g, clamped)),
    mul(g, sub(g, 1, positive), log(g, sub(g, 1, clamped))),
  );
  const all = probability.shape.map((_, i) => i);
  return neg(g, div(g, reduceSum(g, mul(g, logLikelihood, mask), all), countOf(g, mask)));
}
