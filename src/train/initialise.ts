import { GENE_TABLE } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";

/**
 * A random start as PyTorch and the published model make it, by parameter name and shape:
 * Linear and its bias uniform within ±1/√inputs (Kaiming with a = √5), attention's input projection
 * Xavier-uniform and its biases 0, LayerNorm and batch norm 1 and 0, embeddings standard normal,
 * the gene table uniform within ±0.1 (scGPT's `init_weights`).
 * Unlike there, every layer is drawn anew; PyTorch's TransformerEncoder starts all layers as copies of one.
 *
 * @param uniform random numbers between 0 and 1
 */
export function initialWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  uniform: () => number,
): Weights {
  const weights: Weights = new Map();
  for (const [name, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    fill(data, name, shape, shapes, uniform);
    weights.set(name, { shape: [...shape], data });
  }
  return weights;
}

function fill(
  data: Float32Array,
  name: string,
  shape: readonly number[],
  shapes: ReadonlyMap<string, readonly number[]>,
  uniform: () => number,
): void {
  const within = (bound: number) => {
    for (let i = 0; i < data.length; i++) data[i] = (2 * uniform() - 1) * bound;
  };
  const weight = shapes.get(name.replace(/bias$/, "weight"));
  if (name === GENE_TABLE) within(0.1);
  else if (name.endsWith(".embedding.weight")) normal(data, uniform);
  else if (name.endsWith(".in_proj_weight")) within(Math.sqrt(6 / (shape[0] + shape[1])));
  else if (name.endsWith(".weight") && shape.length === 2) within(1 / Math.sqrt(shape[1]));
  else if (name.endsWith(".weight") || name.endsWith(".running_var")) data.fill(1);
  else if (name.endsWith(".bias") && weight?.length === 2 && !name.includes(".self_attn."))
    within(1 / Math.sqrt(weight[1]));
}

/** Standard normal numbers, two at a time (Box and Muller 1958). */
function normal(data: Float32Array, uniform: () => number): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}
