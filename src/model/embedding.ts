import { add, atMost, mul, relu } from "../graph/elementwise.js";
import { embedding } from "../graph/gather.js";
import { layerNorm } from "../graph/normalize.js";
import { reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type Context, linearLayer, normLayer } from "./context.js";

/** Values above this are read as this (scgpt's `ContinuousValueEncoder.max_value`). */
const MAX_VALUE = 512;

/**
 * Gene encoder: LayerNorm(E[gene]).
 * @param genes int32 [B·N], rows of the table
 * @param padRow the row of `<pad>`, which learns nothing
 * @returns [B·N, d]
 */
export function encodeGenes(c: Context, genes: Tensor, padRow: number): Tensor {
  const rows = embedding(c.g, c.parameter("encoder.embedding.weight"), genes, padRow);
  return normLayer(c, "encoder.enc_norm", rows);
}

/**
 * The tokens' input: gene and value together, by `input_emb_style`.
 * @param genes [B·N, d], encoded
 * @param values float32 [B·N]
 * @returns [B·N, d]
 */
export function embedTokens(c: Context, genes: Tensor, values: Tensor): Tensor {
  switch (c.args.input_emb_style) {
    case "continuous":
      return add(c.g, genes, encodeContinuous(c, values));
    case "category":
      return add(c.g, genes, encodeCategory(c, values));
    case "scaling":
      return mul(c.g, genes, reshape(c.g, values, [values.dim(0), 1]));
  }
}

/** dropout(LayerNorm(W₂ · relu(W₁ · min(x, 512)))) */
function encodeContinuous(c: Context, values: Tensor): Tensor {
  const x = reshape(c.g, atMost(c.g, values, MAX_VALUE), [values.dim(0), 1]);
  const hidden = linearLayer(
    c,
    "value_encoder.linear2",
    relu(c.g, linearLayer(c, "value_encoder.linear1", x)),
  );
  if (!c.noise) return normLayer(c, "value_encoder.norm", hidden);
  const scaled = (name: string) => mul(c.g, c.parameter(`value_encoder.norm.${name}`), c.noise!.scale);
  return c.noise.drop(layerNorm(c.g, hidden, scaled("weight"), scaled("bias")));
}

/** LayerNorm(E[bin]); the bin that stands for padding learns nothing. */
function encodeCategory(c: Context, values: Tensor): Tensor {
  const bins = c.g.cast(values, "int32");
  const table = c.parameter("value_encoder.embedding.weight");
  return normLayer(c, "value_encoder.enc_norm", embedding(c.g, table, bins, c.args.pad_value));
}

/**
 * Batch encoder: LayerNorm(E[batch]).
 * @param labels int32 [B]
 * @returns [B, d]
 */
export function encodeBatches(c: Context, labels: Tensor): Tensor {
  const rows = embedding(c.g, c.parameter("batch_encoder.embedding.weight"), labels);
  return normLayer(c, "batch_encoder.enc_norm", rows);
}
