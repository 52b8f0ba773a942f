import { mul, relu, square, sub } from "../graph/elementwise.js";
import { indices } from "../graph/gather.js";
import type { Graph } from "../graph/graph.js";
import { crossEntropy, maskedMeanSquaredError, negativeLogBernoulli } from "../graph/losses.js";
import { matmul, swapLast } from "../graph/matmul.js";
import { unitRows } from "../graph/normalize.js";
import { reduceMean } from "../graph/reduce.js";
import { reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { ExpressionPrediction } from "./decoders.js";

/** The parts of the loss; fine-tuning for cell types uses CLS alone. */
export type Objective = "CLS" | "MLM" | "MVC" | "ECS" | "CCE" | "DAB";

/** Temperature of the contrastive objective (scgpt's `Similarity`). */
const TEMPERATURE = 0.5;

/**
 * ECS, elastic cell similarity: mean(1 − (relu(cos) − threshold)²) over all pairs, a cell with itself
 * counted as 0.
 * @param cells [B, d]
 */
export function elasticSimilarity(g: Graph, cells: Tensor, threshold: number): Tensor {
  const unit = unitRows(g, cells);
  const cosine = matmul(g, unit, swapLast(g, unit));
  const others = mul(g, cosine, offDiagonal(g, cells));
  return reduceMean(g, sub(g, 1, square(g, sub(g, relu(g, others), threshold))), [0, 1]);
}

/** [B, B] 0 on the diagonal, else 1. */
function offDiagonal(g: Graph, cells: Tensor): Tensor {
  const [b] = cells.shape;
  const index = indices(g, b);
  const same = g.node("Equal", [reshape(g, index, [b, 1]), reshape(g, index, [1, b])], "bool", [b, b]);
  return sub(g, 1, g.cast(same, cells.dtype));
}

/**
 * CCE: contrastive cross-entropy between two passes with different dropout; each cell's other pass is
 * its class (Gao et al. 2021, SimCSE).
 * @param a, b [B, d]
 */
export function contrastive(g: Graph, a: Tensor, b: Tensor): Tensor {
  const logits = mul(g, matmul(g, unitRows(g, a), swapLast(g, unitRows(g, b))), 1 / TEMPERATURE);
  return crossEntropy(g, logits, indices(g, a.dim(0)), meanWeights(g, logits));
}

/** Weights 1 / B, that make a sum over the cells a mean. [B] */
export function meanWeights(g: Graph, logits: Tensor): Tensor {
  const [b] = logits.shape;
  const one = g.node(
    "Div",
    [g.scalar(1, logits.dtype), g.countAlong(logits, [0], logits.dtype)],
    logits.dtype,
    [],
  );
  return g.node("Expand", [one, g.length(b)], logits.dtype, [b]);
}

/**
 * The loss of predicted values: mean squared error and, with explicit zero probabilities, the negative
 * log-likelihood of being zero or not.
 */
export function expressionLoss(
  g: Graph,
  predicted: ExpressionPrediction,
  target: Tensor,
  mask: Tensor,
): [error: Tensor, zero?: Tensor] {
  const error = maskedMeanSquaredError(g, predicted.values, target, mask);
  if (!predicted.probability) return [error];
  return [error, negativeLogBernoulli(g, predicted.probability, target, mask)];
}
