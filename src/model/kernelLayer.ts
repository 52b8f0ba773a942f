import {
  type Doubled,
  halfLinear,
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

/**
 * One encoder layer (post-norm, see `encoderLayer`), in a few operations.
 * @param wide float32 [B·N, d]
 * @param narrow the same in float16
 */
export function kernelLayer(
  c: Context,
  name: string,
  wide: Tensor,
  narrow: Tensor,
  sequence: Sequence,
): { wide: Tensor; narrow: Tensor } {
  const { g, args, noise } = c;
  const doubled = (parameter: string): Doubled => ({
    wide: c.parameter(`${name}.${parameter}`),
    narrow: c.narrow!(`${name}.${parameter}`),
  });
  const linear = (x: Tensor, layer: string, bias = false) =>
    halfLinear(g, x, doubled(`${layer}weight`), bias ? doubled(`${layer}bias`) : undefined);
  const addNorm = (x: Tensor, layer: string, residual: Tensor, norm: string) =>
    kernelAddNorm(
      g,
      x,
      c.parameter(`${name}.${layer}.bias`),
      residual,
      c.parameter(`${name}.${norm}.weight`),
      c.parameter(`${name}.${norm}.bias`),
      keysOf(c, sequence),
    );

  const qkv = linear(narrow, "self_attn.in_proj_", true);
  const { headKeys, ...keys } = noise?.forAttention(args.nheads, "all") ?? {
    ...keysOf(c, sequence),
    columnKeys: sequence.genes,
    headKeys: new Int32Array(args.nheads),
  };
  const mixed = kernelAttention(g, qkv, sequence.lengths!, keys, headKeys);
  const attended = addNorm(linear(mixed, "self_attn.out_proj."), "self_attn.out_proj", wide, "norm1");
  const hidden = linear(attended.narrow, "linear1.");
  const kept = kernelReluDrop(g, hidden, c.parameter(`${name}.linear1.bias`), keysOf(c, sequence));
  return addNorm(linear(kept, "linear2."), "linear2", attended.wide, "norm2");
}

/** The keys of the next dropout; without one, tensors of the keys' shapes. */
function keysOf(c: Context, { genes }: Sequence): KernelDropout {
  if (c.noise) return c.noise.forKernel(WIDTH);
  return { p: 0, rowKeys: genes, columnKeys: c.g.constant(new Int32Array(WIDTH), "int32", [1, WIDTH]) };
}
