import { div, mul, select } from "../graph/elementwise.js";
import { first } from "../graph/gather.js";
import type { Graph } from "../graph/graph.js";
import { matmul } from "../graph/matmul.js";
import { unitRows } from "../graph/normalize.js";
import { reduceMean, reduceSum } from "../graph/reduce.js";
import { reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { normalizeBatch } from "./batchNorm.js";
import type { Context } from "./context.js";
import {
  decodeClass,
  decodeExpression,
  decodeFromCell,
  discriminateBatch,
  type ExpressionPrediction,
} from "./decoders.js";
import { embedTokens, encodeBatches, encodeGenes } from "./embedding.js";
import type { ModelSize } from "./parameters.js";
import { encode } from "./transformer.js";

/** What the model reads. */
export interface ModelInputs {
  /** int32 [B, N]: rows of the gene embedding table */
  genes: Tensor;
  /** float32 [B, N] */
  values: Tensor;
  /** int32 [B], where the architecture uses batch labels */
  batchLabels?: Tensor;
  /** The row of `<pad>` in the table: those tokens are masked. */
  padRow: number;
  /** Leaves padding out of a pooled embedding, which the published form takes in. */
  maskPool?: boolean;
}

/** Which outputs are asked for; what none of them needs is not computed. */
export interface Wanted {
  classes?: boolean;
  /** Masked language model: values from the tokens. */
  mlm?: boolean;
  /** Masked value prediction from the cell's embedding. */
  mvc?: boolean;
  dab?: boolean;
  /** All tokens are answered for, though nothing reads them. */
  tokens?: boolean;
}

export interface ModelOutputs {
  /** [B, d] */
  cell: Tensor;
  /** [B, classes] */
  classes?: Tensor;
  mlm?: ExpressionPrediction;
  mvc?: ExpressionPrediction;
  /** [B, batches] */
  dab?: Tensor;
  /** New running statistics of batch norm, by their names in the state dict. */
  statistics: Map<string, Tensor>;
  /** [B·N, d] what the tokens are to the transformer, gene and value together, before batch norm. */
  embedded: Tensor;
}

/** Added to the attention score of a padded position: as good as −∞, without its NaN; and what float16 can hold. */
const MASKED = -1e9;
const MASKED_HALF = -6e4;

/**
 * scGPT (Cui et al., Nat. Methods 2024), `perceptual_forward` of the published model:
 * gene and value embeddings, the transformer, the cell's embedding, the decoders.
 */
export function scgpt(c: Context, inputs: ModelInputs, size: ModelSize, wanted: Wanted): ModelOutputs {
  const { g, args } = c;
  const { genes, values, batchLabels, padRow, maskPool = false } = inputs;
  const [b, n] = genes.shape;
  const tokens = reshape(g, genes, [`${b}*${n}`]);

  const geneVectors = encodeGenes(c, tokens, padRow);
  const embedded = embedTokens(c, geneVectors, reshape(g, values, tokens.shape));
  const { output: x, statistics } = normalizeBatch(c, embedded, batchLabels, size.batches ?? 0);

  const padded = g.node("Equal", [genes, g.scalar(padRow, "int32")], "bool", genes.shape);
  const bias = select(g, padded, g.scalar(g.halfProducts ? MASKED_HALF : MASKED, x.dtype), 0);
  const sequence = { b, n, bias, genes, lengths: c.kernels ? lengthsOf(g, padded) : undefined };
  const onlyFirst = args.cell_emb_style === "cls" && !wanted.mlm && !wanted.tokens;
  const h = encode(c, x, sequence, onlyFirst);

  const kept = maskPool ? select(g, padded, g.scalar(0, x.dtype), 1) : undefined;
  const cell = onlyFirst ? h : poolCell(c, reshape(g, h, [b, n, args.embsize]), values, kept);
  const batch = args.use_batch_labels ? encodeBatches(c, batchLabels!) : undefined;
  return {
    cell,
    classes: wanted.classes ? decodeClass(c, cell) : undefined,
    mlm: wanted.mlm ? decodeExpression(c, h, sequence, batch) : undefined,
    mvc: wanted.mvc ? decodeFromCell(c, cell, geneVectors, sequence, batch) : undefined,
    dab: wanted.dab ? discriminateBatch(c, cell) : undefined,
    statistics,
    embedded,
  };
}

/** How many of each row of bool `padded` [B, N] are not padding: int32 [B]. */
function lengthsOf(g: Graph, padded: Tensor): Tensor {
  const tokens = g.cast(g.node("Not", [padded], "bool", padded.shape), "float32");
  const sum = g.node("ReduceSum", [tokens, g.integers([1])], "float32", [padded.dim(0)], { keepdims: 0 });
  return g.cast(sum, "int32");
}

/**
 * The cell's embedding from its tokens [B, N, d], by `cell_emb_style`. The average is over all positions,
 * padding included, as in the published model; the weighted sum is by the values, scaled to length 1.
 * @param kept [B, N]: 0 on padding, which then has no part in either, so that it is no matter who is in the batch
 */
function poolCell(c: Context, tokens: Tensor, values: Tensor, kept?: Tensor): Tensor {
  const { g } = c;
  const [b, n] = values.shape;
  switch (c.args.cell_emb_style) {
    case "cls":
      return first(g, tokens);
    case "avg-pool": {
      if (!kept) return reduceMean(g, tokens, [1]);
      return div(g, sumOfTokens(c, tokens, kept), reduceSum(g, kept, [1], true));
    }
    case "w-pool":
      return unitRows(
        g,
        kept
          ? sumOfTokens(c, tokens, mul(g, values, kept))
          : reduceSum(g, mul(g, tokens, reshape(g, values, [b, n, 1])), [1]),
      );
  }
}

/** Σ wⱼ xⱼ of each cell's tokens [B, N, d] as a product: a `ReduceSum` adds up in another order where B is 1. [B, d] */
function sumOfTokens({ g, args }: Context, tokens: Tensor, weights: Tensor): Tensor {
  const [b, n] = weights.shape;
  return reshape(g, matmul(g, reshape(g, weights, [b, 1, n]), tokens), [b, args.embsize]);
}
