import { add, mul } from "../graph/elementwise.js";
import type { Graph } from "../graph/graph.js";
import { linear, matmul } from "../graph/matmul.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelArgs } from "./args.js";
import type { Third } from "./context.js";
import { type ModelSize, parameterShapes } from "./parameters.js";

/** The matrices of a transformer layer that may have an adapter; `in_proj` is the queries', the keys' and the values'. */
export type LoraTarget = "in_proj" | "out_proj" | "linear1" | "linear2";

/**
 * Low-rank adaptation (Hu et al. 2021, arXiv 2106.09685): a matrix W [out, in] stays as it is, and W + (alpha / rank) B A
 * stands for it, of which A [rank, in] and B [out, rank] are learnt.
 */
export interface Lora {
  rank: number;
  alpha: number;
  targets: readonly LoraTarget[];
}

/** An adapter in a graph: W x + scale · up (down x) stands for W x. */
export interface Adapter {
  /** A: [rank, in] */
  down: Tensor;
  /** B: [out, rank] */
  up: Tensor;
  scale: number;
}

const [A, B] = [".lora_A", ".lora_B"];

/** The two names under which weights hold the adapter of a matrix. */
export function adapterNames(matrix: string): [down: string, up: string] {
  return [matrix + A, matrix + B];
}

/** Whether a name is that of an adapter's A or B. */
export function isAdapter(name: string): boolean {
  return name.endsWith(A) || name.endsWith(B);
}

/** Names of all matrices that have an adapter. */
export function adaptedMatrices({ nlayers }: ModelArgs, { targets }: Lora): string[] {
  const place = { in_proj: "self_attn.in_proj_weight", out_proj: "self_attn.out_proj.weight" };
  return Array.from({ length: nlayers }, (_, i) => `transformer_encoder.layers.${i}`).flatMap((layer) =>
    targets.map((t) => `${layer}.${t === "in_proj" || t === "out_proj" ? place[t] : `${t}.weight`}`),
  );
}

/**
 * Shapes of the adapters, by name. Queries, keys and values have an adapter each; they are stacked by rows, as their
 * matrices are: A [3 rank, in], B [3 out, rank].
 * @param shapes of the model's weights
 */
export function adapterShapes(
  args: ModelArgs,
  shapes: ReadonlyMap<string, number[]>,
  lora: Lora,
): Map<string, number[]> {
  return new Map(
    adaptedMatrices(args, lora).flatMap((matrix): [string, number[]][] => {
      const [outputs, inputs] = shapes.get(matrix)!;
      const [down, up] = adapterNames(matrix);
      return [
        [down, [stacked(matrix) * lora.rank, inputs]],
        [up, [outputs, lora.rank]],
      ];
    }),
  );
}

/** Every tensor of a training: the model's, and the adapters' A and B where it has some. */
export function trainingShapes(args: ModelArgs, size: ModelSize, lora?: Lora): Map<string, number[]> {
  const shapes = parameterShapes(args, size);
  return lora ? new Map([...shapes, ...adapterShapes(args, shapes, lora)]) : shapes;
}

/** What gives the adapter of a matrix, or of a third of it, from the graph's tensors; none where it has none. */
export function adaptersOf(
  args: ModelArgs,
  lora: Lora,
  tensor: (name: string, third?: Third) => Tensor,
): (matrix: string, third?: Third) => Adapter | undefined {
  const adapted = new Set(adaptedMatrices(args, lora));
  return (matrix, third) => {
    if (!adapted.has(matrix)) return undefined;
    const [down, up] = adapterNames(matrix);
    return { down: tensor(down, third), up: tensor(up, third), scale: lora.alpha / lora.rank };
  };
}

/** What the adapter adds to `scale` · x Wᵀ: two thin products. [rows, in] → [rows, out] */
export function adapted(g: Graph, x: Tensor, { down, up, scale: own }: Adapter, scale = 1): Tensor {
  return linear(g, linear(g, x, down), up, undefined, scale * own);
}

/** W + scale · B A: the matrix that W and its adapter stand for. [out, in] */
export function mergedMatrix(g: Graph, w: Tensor, { down, up, scale }: Adapter): Tensor {
  return add(g, w, mul(g, matmul(g, up, down), scale));
}

/** How many matrices a tensor of the state dict stacks by rows. */
export function stacked(matrix: string): number {
  return matrix.endsWith(".in_proj_weight") ? 3 : 1;
}
