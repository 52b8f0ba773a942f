import { attention } from "../graph/attention.js";
import { add, cast } from "../graph/elementwise.js";
import { fusedAttention } from "../graph/fusedAttention.js";
import { first } from "../graph/gather.js";
import { BLOCK_QUERIES } from "../graph/queryBlocks.js";
import { reshape } from "../graph/shape.js";
import type { Dim, Tensor } from "../graph/tensor.js";
import { type Context, linearDrop, linearReluDrop, normLayer, project, type Third } from "./context.js";
import { attendFirst } from "./firstAttention.js";
import { kernelSelfAttention, kernelSublayers, type Stream } from "./kernelLayer.js";
import { spared } from "./spareRow.js";

/** How many of a cell's queries attention takes at once. */
export { BLOCK_QUERIES };

/** The tokens of a batch, and what attention needs to know of them. */
export interface Sequence {
  b: Dim;
  n: Dim;
  /** [B, N] added to the attention scores; a large negative number on padding. */
  bias: Tensor;
  /** int32 [B, N]: rows of the gene table. */
  genes: Tensor;
  /** int32 [B]: tokens before the padding; for the kernels. */
  lengths?: Tensor;
}

/**
 * The transformer encoder.
 * @param x [B·N, d]
 * @param onlyFirst the last layer answers for the first token only: all that classification reads
 * @returns [B·N, d], or [B, d] with `onlyFirst`
 */
export function encode(c: Context, x: Tensor, sequence: Sequence, onlyFirst: boolean): Tensor {
  let stream: Partial<Stream> & { wide: Tensor } = { wide: x };
  for (let i = 0; i < c.args.nlayers; i++) {
    const name = `transformer_encoder.layers.${i}`;
    const first = onlyFirst && i === c.args.nlayers - 1;
    stream = c.kernels
      ? kernelLayer(c, name, stream, sequence, first)
      : { wide: encoderLayer(c, name, stream.wide, sequence, first) };
  }
  return stream.wide;
}

/** One encoder layer in kernels. */
function kernelLayer(
  c: Context,
  name: string,
  { wide, narrow, again }: Partial<Stream> & { wide: Tensor },
  sequence: Sequence,
  onlyFirst: boolean,
): Stream {
  const layer = `${name}.self_attn`;
  if (!onlyFirst) {
    const x = { narrow: narrow ?? cast(c.g, wide, "float16"), again };
    const mixed = kernelSelfAttention(c, layer, x, sequence);
    return kernelSublayers(c, name, mixed, wide, sequence, "all");
  }
  const asked = first(c.g, reshape(c.g, wide, [sequence.b, sequence.n, c.args.embsize]));
  const mixed = cast(c.g, attendFirst(c, layer, asked, wide, sequence), "float16");
  return kernelSublayers(c, name, mixed, asked, sequence, "first");
}

/**
 * One encoder layer. Post-norm: x = norm1(x + drop(attention(x))), x = norm2(x + drop(feedForward(x))).
 * Pre-norm in the published form: the norm replaces x, and the sum is with the normalised value.
 */
function encoderLayer(
  c: Context,
  name: string,
  input: Tensor,
  sequence: Sequence,
  onlyFirst: boolean,
): Tensor {
  const { g } = c;
  const pre = c.args.pre_norm === true;
  const x = pre ? normLayer(c, `${name}.norm1`, input) : input;
  const asked = onlyFirst ? first(g, reshape(g, x, [sequence.b, sequence.n, c.args.embsize])) : x;
  const layer = `${name}.self_attn`;
  const mixed = onlyFirst ? attendFirst(c, layer, asked, x, sequence) : selfAttention(c, layer, x, sequence);
  const rowwise = (t: Tensor, products: (t: Tensor) => Tensor) =>
    onlyFirst ? spared(c, t, products) : products(t);
  const projected = rowwise(mixed, (t) => linearDrop(c, `${layer}.out_proj`, t));
  const y = normLayer(c, pre ? `${name}.norm2` : `${name}.norm1`, add(g, asked, projected));
  const feedForward = (t: Tensor) =>
    linearDrop(c, `${name}.linear2`, linearReluDrop(c, `${name}.linear1`, t));
  const fed = add(g, y, rowwise(y, feedForward));
  return pre ? fed : normLayer(c, `${name}.norm2`, fed);
}

function selfAttention(c: Context, name: string, x: Tensor, { b, n, bias }: Sequence): Tensor {
  const { g } = c;
  const { embsize, nheads } = c.args;
  const from = (third: Third, scale = 1) => {
    const y = project(c, `${name}.in_proj_weight`, `${name}.in_proj_bias`, x, third, scale);
    return reshape(g, y, [b, n, embsize]);
  };
  const mixed =
    c.attentionLoop === "fused"
      ? fusedAttention(g, from("q"), from("k"), from("v"), nheads)
      : attention(g, from("q", 1 / Math.sqrt(embsize / nheads)), from("k"), from("v", c.noise?.scale), {
          heads: nheads,
          bias,
          dropout: c.noise?.forAttention(nheads, "all"),
          loop: c.attentionLoop,
        });
  return reshape(g, mixed, x.shape);
}
