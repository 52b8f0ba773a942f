import {
  type Again,
  type Doubled,
  halfLinear,
  halfProduct,
  type KernelDropout,
  kernelAddNorm,
  kernelAttention,
  kernelReluDrop,
} from "../graph/kernels.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelArgs } from "./args.js";
import type { Context } from "./context.js";
import type { Sequence } from "./transformer.js";

/** Widths that the kernels are compiled for: of the model and of its feed-forward layers, and of a head. */
const WIDTH = 512;
const HEAD_WIDTH = 64;

/**
 * Whether the architecture is one that the kernels are there for: scGPT's published size. The cell's embedding is that of
 * its first token: to the others that stand for it, padding counts, and what the kernels make of padding is not the model's.
 */
export function fitsKernels({ embsize, d_hid, nheads, pre_norm, cell_emb_style }: ModelArgs): boolean {
  const sizes = embsize === WIDTH && d_hid === WIDTH && embsize / nheads === HEAD_WIDTH;
  return sizes && !pre_norm && cell_emb_style === "cls";
}

/** The residual stream: float32 [rows, d], the same in float16, and how to have the latter again. */
export interface Stream {
  wide: Tensor;
  narrow: Tensor;
  again?: Again;
}

/**
 * Self-attention of one encoder layer, in one product and one kernel. What the derivative needs of x, and queries, keys
 * and values, it makes again where it can: a product more, and half the memory.
 * @param stream narrow: float16 [B·N, d]
 * @returns float16 [B·N, d], not yet projected
 */
export function kernelSelfAttention(
  c: Context,
  name: string,
  { narrow, again }: Pick<Stream, "narrow" | "again">,
  sequence: Sequence,
): Tensor {
  const { g, args, noise } = c;
  const [weight, bias] = [doubled(c, `${name}.in_proj_weight`), doubled(c, `${name}.in_proj_bias`)];
  const qkv = halfLinear(g, narrow, weight, bias, again);
  const qkvAgain = again && ((moment: Tensor) => halfProduct(g, again(moment), weight, bias));
  const { headKeys, ...keys } = noise?.forAttention(args.nheads, "all") ?? {
    ...{ p: 0, rowKeys: sequence.genes, columnKeys: sequence.genes },
    headKeys: new Int32Array(args.nheads),
  };
  return kernelAttention(g, qkv, sequence.lengths!, keys, headKeys, qkvAgain);
}

/**
 * What follows attention in a post-norm encoder layer (see `encoderLayer`): its projection, the feed-forward layers, and
 * two residual sums with dropout and norm.
 * @param mixed float16 [rows, d]
 * @param residual float32 [rows, d]
 * @param rows of all tokens, or of the first of each cell
 */
export function kernelSublayers(
  c: Context,
  name: string,
  mixed: Tensor,
  residual: Tensor,
  sequence: Sequence,
  rows: "all" | "first",
): Stream {
  const { g } = c;
  const bias = (layer: string) => c.parameter(`${name}.${layer}.bias`);
  const keys = () => keysOf(c, sequence, rows);
  const linear = (x: Tensor, layer: string, again?: Again) =>
    halfLinear(g, x, doubled(c, `${name}.${layer}.weight`), undefined, again);
  const addNorm = (x: Tensor, layer: string, before: Tensor, norm: string) =>
    kernelAddNorm(
      g,
      linear(x, layer),
      bias(layer),
      before,
      c.parameter(`${name}.${norm}.weight`),
      bias(norm),
      keys(),
    );
  const attended = addNorm(mixed, "self_attn.out_proj", residual, "norm1");
  const hidden = kernelReluDrop(
    g,
    linear(attended.narrow, "linear1", attended.again),
    bias("linear1"),
    keys(),
  );
  return addNorm(hidden, "linear2", attended.wide, "norm2");
}

function doubled(c: Context, parameter: string): Doubled {
  return { wide: c.parameter(parameter), narrow: c.narrow!(parameter) };
}

/** The keys of the next dropout; without one, tensors of the keys' shapes. */
function keysOf(c: Context, { genes }: Sequence, rows: "all" | "first"): KernelDropout {
  if (c.noise) return c.noise.forKernel(WIDTH, rows);
  return { p: 0, rowKeys: genes, columnKeys: c.g.constant(new Int32Array(WIDTH), "int32", [1, WIDTH]) };
}
