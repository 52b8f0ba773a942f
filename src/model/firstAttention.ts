import { dropoutMask } from "../graph/dropout.js";
import { add, mul } from "../graph/elementwise.js";
import { matmul, swapLast } from "../graph/matmul.js";
import { reduceSum } from "../graph/reduce.js";
import { reshape, transpose } from "../graph/shape.js";
import { softmax } from "../graph/softmax.js";
import type { Tensor } from "../graph/tensor.js";
import { type Context, matrixOf, project } from "./context.js";
import { spared } from "./spareRow.js";
import type { Sequence } from "./transformer.js";

/**
 * Self-attention for the first token of each cell alone, without keys and values. In each head, with the one query q,
 * the score of token j is q · (Wk xⱼ + bk) = (Wkᵀ q) · xⱼ + q · bk, whose last term is the same for all tokens and
 * changes no softmax; and the output Σ pⱼ (Wv xⱼ + bv) = Wv Σ pⱼ xⱼ + bv Σ pⱼ. So the tokens are never projected.
 *
 * @param name of the attention's parameters in the state dict
 * @param asked [B, d], the first tokens
 * @param x [B·N, d], all tokens
 * @returns [B, d], not yet projected
 */
export function attendFirst(c: Context, name: string, asked: Tensor, x: Tensor, s: Sequence): Tensor {
  const { g } = c;
  const { embsize, nheads } = c.args;
  const { b, n, bias } = s;
  const width = embsize / nheads;
  const tokens = reshape(g, x, [b, n, embsize]);
  const weight = (third: "k" | "v") =>
    reshape(g, matrixOf(c, `${name}.in_proj_weight`, third), [nheads, width, embsize]);
  const headsFirst = (t: Tensor) => transpose(g, t, [1, 0, 2]);

  const looking = spared(c, asked, (rows) => {
    const q = project(c, `${name}.in_proj_weight`, `${name}.in_proj_bias`, rows, "q", 1 / Math.sqrt(width));
    return headsFirst(matmul(g, headsFirst(reshape(g, q, [rows.dim(0), nheads, width])), weight("k")));
  });
  const scores = add(g, matmul(g, looking, swapLast(g, tokens)), reshape(g, bias, [b, 1, n]));
  const p = dropped(c, softmax(g, scores));

  const seen = matmul(g, p, tokens);
  const values = spared(c, seen, (rows) => headsFirst(matmul(g, headsFirst(rows), swapLast(g, weight("v")))));
  const shift = reshape(g, c.parameter(`${name}.in_proj_bias`, "v"), [nheads, width]);
  // Without dropout Σ pⱼ is 1. (It is not added up for that: onnxruntime's sum of a row depends on where it lies.)
  if (!c.noise) return reshape(g, add(g, values, shift), [b, embsize]);
  const out = add(g, values, mul(g, reduceSum(g, p, [-1], true), shift));
  return reshape(g, mul(g, out, c.noise.scale), [b, embsize]);
}

/** Probabilities [B, H, N] under dropout, not rescaled. */
function dropped(c: Context, p: Tensor): Tensor {
  if (!c.noise) return p;
  const { g } = c;
  const [b, heads, n] = p.shape;
  const { rowKeys, columnKeys, headKeys, p: rate } = c.noise.forAttention(heads as number, "first");
  const keys = g.constant(headKeys, "int32", [1, heads, 1]);
  const rows = g.node("Mul", [reshape(g, rowKeys, [b, 1, 1]), keys], "int32", [b, heads, 1]);
  return mul(g, p, dropoutMask(g, rows, reshape(g, columnKeys, [b, 1, n]), rate, p.dtype));
}
