import type { AttentionDropout, AttentionOptions } from "../graph/attention.js";
import { dropout, oddKeys, reluDropout } from "../graph/dropout.js";
import { add, mul, relu } from "../graph/elementwise.js";
import type { Graph } from "../graph/graph.js";
import type { KernelDropout } from "../graph/kernels.js";
import { linear } from "../graph/matmul.js";
import { layerNorm } from "../graph/normalize.js";
import { type RoundedWeight, roundedLinear } from "../graph/rounded.js";
import { reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelArgs } from "./args.js";
import { type Adapter, adapted, mergedMatrix } from "./lora.js";

/** The keys that `Noise` is fed. */
export { oddKeys };

/** Which third of an attention layer's joint input projection; the state dict stacks them by rows. */
export type Third = "q" | "k" | "v";

/** What the parts of the model are written with. */
export interface Context {
  g: Graph;
  args: ModelArgs;
  /** The tensor under a name of the state dict, or one third of its rows. */
  parameter(name: string, third?: Third): Tensor;
  /** Present in training with dropout. */
  noise?: Noise;
  /** Batch norm by the batch's own statistics, which it then keeps; else by the running ones. */
  training: boolean;
  /** Whether derivatives are taken in evaluation too; `spared` has none. */
  differentiated?: boolean;
  /** The whole tensor under a name of the state dict in float16; with `kernels`. */
  narrow?(name: string): Tensor;
  /** Whether the layers are written in the operations of `graph/kernels.ts`. */
  kernels?: boolean;
  /** How attention runs; "fused" is for evaluation of batches without padding. */
  attentionLoop: AttentionOptions["loop"] | "fused";
  /** Rounded weights, for the layers that have them. */
  rounded?(name: string, third?: Third): RoundedWeight | undefined;
  /** The adapter of a matrix that is learnt by one. */
  adapter?(name: string, third?: Third): Adapter | undefined;
}

/** `Linear` layer `name` on x [rows, in]. */
export function linearLayer(c: Context, name: string, x: Tensor, scale = 1): Tensor {
  return project(c, `${name}.weight`, `${name}.bias`, x, undefined, scale);
}

/** x Wᵀ + b by the names of weight and bias, or of one third of their rows. */
export function project(
  c: Context,
  weight: string,
  bias: string,
  x: Tensor,
  third?: Third,
  scale = 1,
): Tensor {
  const rounded = c.rounded?.(weight, third);
  const b = c.parameter(bias, third);
  if (!rounded) {
    const y = linear(c.g, x, c.parameter(weight, third), b, scale);
    const adapter = c.adapter?.(weight, third);
    return adapter ? add(c.g, y, adapted(c.g, x, adapter, scale)) : y;
  }
  const y = roundedLinear(c.g, x, rounded, b);
  return scale === 1 ? y : mul(c.g, y, scale);
}

/** A weight matrix for what multiplies by it otherwise than by rows: with its adapter, where it has one. */
export function matrixOf(c: Context, name: string, third?: Third): Tensor {
  const w = c.parameter(name, third);
  const adapter = c.adapter?.(name, third);
  return adapter ? mergedMatrix(c.g, w, adapter) : w;
}

/** `LayerNorm` layer `name` on x [rows, d]. */
export function normLayer(c: Context, name: string, x: Tensor): Tensor {
  return layerNorm(c.g, x, c.parameter(`${name}.weight`), c.parameter(`${name}.bias`));
}

/**
 * The dropout of one training step. Every use in the model is a site with keys of its own for its columns;
 * the keys of the tokens are fed anew at each step.
 */
export class Noise {
  private site = 0;

  /**
   * @param rowKeys int32 [B, N], fed
   * @param columnKeys int32 [B, N], fed; independent of `rowKeys`
   */
  constructor(
    private readonly g: Graph,
    readonly p: number,
    private readonly rowKeys: Tensor,
    private readonly columnKeys: Tensor,
  ) {}

  /** What the layer before a dropout multiplies its output by: 1 / (1 − p). */
  get scale(): number {
    return 1 / (1 - this.p);
  }

  /** Drops elements of x [B·N or B, d], which the layer before has already scaled. */
  drop(x: Tensor): Tensor {
    return dropout(this.g, x, this.keysOfRows(x), this.keysOfColumns(x), this.p);
  }

  /** The same after a ReLU. */
  reluDrop(x: Tensor): Tensor {
    return reluDropout(this.g, x, this.keysOfRows(x), this.keysOfColumns(x), this.p);
  }

  /** Keys for attention whose queries are all tokens, or the first of each cell. */
  forAttention(heads: number, queries: "all" | "first"): AttentionDropout {
    const rowKeys = queries === "all" ? this.rowKeys : this.firstKeys();
    return { p: this.p, rowKeys, columnKeys: this.columnKeys, headKeys: oddKeys(heads, SITES, this.site++) };
  }

  /** Keys for a kernel that drops elements of rows of `width` itself: of all tokens, or of the first of each cell. */
  forKernel(width: number, rows: "all" | "first"): KernelDropout {
    const rowKeys = rows === "all" ? this.rowKeys : this.firstKeys();
    return { p: this.p, rowKeys, columnKeys: this.columnKeysOf(width) };
  }

  private keysOfRows(x: Tensor): Tensor {
    const [b] = this.rowKeys.shape;
    const keys = x.dim(0) === b ? this.firstKeys() : this.rowKeys;
    return reshape(this.g, keys, [x.dim(0), 1]);
  }

  private keysOfColumns(x: Tensor): Tensor {
    return this.columnKeysOf(x.dim(1) as number);
  }

  private columnKeysOf(d: number): Tensor {
    return this.g.constant(oddKeys(d, SITES, this.site++), "int32", [1, d]);
  }

  private firstKeys(): Tensor {
    const zero = this.g.integers([0]);
    return this.g.node("Gather", [this.rowKeys, zero], "int32", [this.rowKeys.dim(0), 1], { axis: 1 });
  }
}

/** Seed of the sites' keys: constants of the model; what changes from step to step are the tokens' keys. */
const SITES = 0x5c6b7;

/** `Linear` whose output is dropped out in training. */
export function linearDrop(c: Context, name: string, x: Tensor): Tensor {
  return c.noise ? c.noise.drop(linearLayer(c, name, x, c.noise.scale)) : linearLayer(c, name, x);
}

/** `Linear`, ReLU, dropout. */
export function linearReluDrop(c: Context, name: string, x: Tensor): Tensor {
  return c.noise
    ? c.noise.reluDrop(linearLayer(c, name, x, c.noise.scale))
    : relu(c.g, linearLayer(c, name, x));
}
