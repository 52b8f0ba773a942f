import type { Graph } from "./graph.js";
import type { Tensor } from "./tensor.js";

/**
 * Multi-head attention in one node, without a derivative, for sequences without padding: onnxruntime then
 * goes over the keys in blocks and keeps no matrix of queries by keys (Dao et al. 2022). With a mask it would.
 * Operator: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MultiHeadAttention
 *
 * @param q [B, N, d], not scaled: the operator divides the scores by √(d / heads)
 * @param k [B, N, d]
 * @param v [B, N, d]
 * @returns [B, N, d], not yet projected
 */
export function fusedAttention(g: Graph, q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  const outputs = [{ dtype: q.dtype, shape: q.shape }];
  return g.nodesOf("MultiHeadAttention", [q, k, v], outputs, { num_heads: heads }, "com.microsoft")[0];
}
