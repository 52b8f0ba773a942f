import { detach, leakyRelu, relu, reverseGradient, sigmoid } from "../graph/elementwise.js";
import type { Graph } from "../graph/graph.js";
import { linear, matmul } from "../graph/matmul.js";
import { concat, expand, reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type Context, linearLayer, normLayer } from "./context.js";
import { spared } from "./spareRow.js";
import type { Sequence } from "./transformer.js";

/** Predicted values of the tokens and, with `explicit_zero_prob`, how likely each is not zero; both [B, N]. */
export interface ExpressionPrediction {
  values: Tensor;
  probability?: Tensor;
}

/** Class decoder: (Linear – ReLU – LayerNorm) × (n_layers_cls − 1), Linear. [B, d] → [B, classes] */
export function decodeClass(c: Context, cell: Tensor): Tensor {
  return spared(c, cell, (rows) => tower(c, "cls_decoder", c.args.n_layers_cls, rows, relu));
}

/** DAB's discriminator of batches, whose gradient comes back reversed (Ganin & Lempitsky 2015). [B, d] → [B, batches] */
export function discriminateBatch(c: Context, cell: Tensor): Tensor {
  return tower(c, "grad_reverse_discriminator", 3, reverseGradient(c.g, cell), leakyRelu);
}

function tower(
  c: Context,
  name: string,
  layers: number,
  x: Tensor,
  activation: (g: Graph, x: Tensor) => Tensor,
): Tensor {
  let h = x;
  for (let i = 0; i < layers - 1; i++) {
    h = activation(c.g, linearLayer(c, `${name}._decoder.${3 * i}`, h));
    h = normLayer(c, `${name}._decoder.${3 * i + 2}`, h);
  }
  return linearLayer(c, `${name}.out_layer`, h);
}

/**
 * Expression decoder: Linear – LeakyReLU – Linear – LeakyReLU – Linear(1) on each token, beside the
 * batch's embedding where the architecture has one.
 * @param tokens [B·N, d]
 * @param batch [B, d], encoded
 */
export function decodeExpression(
  c: Context,
  tokens: Tensor,
  { b, n }: Sequence,
  batch: Tensor | undefined,
): ExpressionPrediction {
  const { g } = c;
  const d = c.args.embsize;
  const beside = (t: Tensor) =>
    concat(g, [tokens, reshape(g, expand(g, reshape(g, t, [b, 1, d]), [b, n, d]), tokens.shape)], 1);
  const x = batch ? beside(batch) : tokens;
  const head = (name: string) => {
    const h = leakyRelu(g, linearLayer(c, `decoder.${name}.0`, x));
    const last = linearLayer(c, `decoder.${name}.4`, leakyRelu(g, linearLayer(c, `decoder.${name}.2`, h)));
    return reshape(g, last, [b, n]);
  };
  return {
    values: head("fc"),
    probability: c.args.explicit_zero_prob ? sigmoid(g, head("zero_logit")) : undefined,
  };
}

/**
 * MVC decoder: the inner product of W · sigmoid(gene2query(gene)) with the cell's embedding.
 * @param cell [B, d]
 * @param genes [B·N, d], encoded
 * @param batch [B, d], encoded
 */
export function decodeFromCell(
  c: Context,
  cell: Tensor,
  genes: Tensor,
  { b, n }: Sequence,
  batch: Tensor | undefined,
): ExpressionPrediction {
  const { g } = c;
  const asked = c.args.mvc_decoder_style === "inner product, detach" ? detach(g, genes) : genes;
  const queries = sigmoid(g, linearLayer(c, "mvc_decoder.gene2query", asked));
  const whole = batch ? concat(g, [cell, batch], 1) : cell;
  const width = whole.dim(1);
  const against = (t: Tensor) =>
    reshape(g, matmul(g, reshape(g, t, [b, n, width]), reshape(g, whole, [b, width, 1])), [b, n]);
  return {
    values: against(linear(g, queries, c.parameter("mvc_decoder.W.weight"))),
    probability: c.args.explicit_zero_prob
      ? sigmoid(g, against(linearLayer(c, "mvc_decoder.W_zero_logit", queries)))
      : undefined,
  };
}
