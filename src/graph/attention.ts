import { headDerivative, headOutput } from "./attentionHead.js";
import { atOnce, byHead, byScan } from "./attentionLoop.js";
import { mul } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { queryBlocks } from "./queryBlocks.js";
import { expand, reshape, transpose } from "./shape.js";
import { type Dim, GraphError, product, sameShape, showShape, type Tensor } from "./tensor.js";

/** Keys of the dropout of attention probabilities; see `dropoutMask`. */
export interface AttentionDropout {
  p: number;
  /** int32 [B, N]: a key a query position. */
  rowKeys: Tensor;
  /** int32 [B, N]: a key a key position. */
  columnKeys: Tensor;
  /** Odd numbers, one a head: what sets this layer's and each head's mask apart. */
  headKeys: Int32Array;
}

export interface AttentionOptions {
  heads: number;
  /** Added to the scores of each key position: 0, or a large negative number on padding. [B, N] */
  bias: Tensor;
  dropout?: AttentionDropout;
  /**
   * "scan": one head of one cell at a time, long cells by blocks of queries, by ONNX's `Scan`; "heads": one head
   * of all cells at a time, written out, for providers that have no `Scan`; "batch": all heads at once, where their
   * probabilities have room.
   */
  loop: "scan" | "heads" | "batch";
}

/**
 * Multi-head attention (Vaswani et al. 2017), softmax(q kᵀ + bias) v in each head, that keeps no matrix of queries
 * by keys: each is made, used and dropped, and the derivative makes it again (Rabe & Staats 2021; Dao et al. 2022).
 *
 * Two factors are the caller's, who can fold them into the projections where they cost nothing: 1 / √(d / heads) of
 * the queries, and with dropout 1 / (1 − p) of the values.
 *
 * @param q [B, N, d]
 * @param k [B, N, d]
 * @param v [B, N, d]
 * @returns [B, N, d], not yet projected
 */
export function attention(g: Graph, q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads, bias, dropout } = options;
  const width = q.dim(2);
  if (typeof width !== "number" || width % heads !== 0)
    throw new GraphError(`attention: ${heads} heads do not divide a width of ${width}`);
  if (!sameShape(k.shape, v.shape) || !sameShape(q.shape, k.shape))
    throw new GraphError(
      `attention: queries ${showShape(q.shape)}, keys ${showShape(k.shape)}, values ${showShape(v.shape)}`,
    );
  const [b, n] = bias.shape;
  const blocks = options.loop === "scan" ? queryBlocks(g, n) : undefined;
  const run = blocks ? byScan(g, blocks) : options.loop === "heads" ? byHead(g, b, heads) : atOnce(g);
  const split = (t: Tensor) => splitHeads(g, t, heads);
  const splitQueries = (t: Tensor) => split(blocks ? blocks.pad(t) : t);
  const join = (t: Tensor) => joinHeads(g, t, b, heads);
  const joinQueries = (t: Tensor) => (blocks ? blocks.cut(join(t)) : join(t));

  const p = dropout?.p;
  // In half precision all that is as large as queries by keys is so: on a device its bytes are what takes the time.
  const inner = g.halfProducts ? "float16" : q.dtype;
  const narrow = (t: Tensor) => g.cast(t, inner);
  const wide = (t: Tensor) => g.cast(t, q.dtype);
  const rows = [splitQueries(narrow(q))];
  const shared = [split(narrow(k)), split(narrow(v)), perHead(g, reshape(g, narrow(bias), [b, n, 1]), heads)];
  if (dropout) {
    rows.push(splitQueries(headKeys(g, dropout, heads)));
    shared.push(perHead(g, reshape(g, dropout.columnKeys, [b, 1, n]), heads));
  }
  const out = wide(joinQueries(run(rows, shared, headOutput(p)).rows[0]));
  return g.record(out, [q, k, v], (dy, want) => {
    const flow = reshape(g, mul(g, dy, out), [b, n, heads, width / heads]);
    const total = g.node("ReduceSum", [flow, g.integers([-1])], dy.dtype, [b, n, heads], { keepdims: 0 });
    // Outside of a Scan's body the same nodes again would be merged with those of the value, and all probabilities
    // kept until here.
    const again = blocks ? rows : rows.map((t) => g.after(t, dy));
    const own = [dy, total].map((t) => splitQueries(narrow(t)));
    const found = run([...again, ...own], shared, headDerivative(p));
    return [
      want[0] ? wide(joinQueries(found.rows[0])) : undefined,
      want[1] ? wide(join(found.sums[0])) : undefined,
      want[2] ? wide(join(found.sums[1])) : undefined,
    ];
  });
}

/** A query position's key in each head: int32 [B, N, H]. */
function headKeys(g: Graph, { rowKeys, headKeys }: AttentionDropout, heads: number): Tensor {
  const [b, n] = rowKeys.shape;
  const keys = g.constant(headKeys, "int32", [1, 1, heads]);
  return g.node("Mul", [reshape(g, rowKeys, [b, n, 1]), keys], "int32", [b, n, heads]);
}

/** The same for each head: [B, x, y] → [B·H, x, y] */
function perHead(g: Graph, t: Tensor, heads: number): Tensor {
  const [b, x, y] = t.shape;
  return reshape(g, expand(g, reshape(g, t, [b, 1, x, y]), [b, heads, x, y]), [cells(b, heads), x, y]);
}

/** [B, N, H·x] → [B·H, N, x] */
function splitHeads(g: Graph, t: Tensor, heads: number): Tensor {
  const [b, n, width] = t.shape;
  const part = (width as number) / heads;
  const shape = [b, n, heads, part];
  const wide = g.node("Reshape", [t, g.integers([0, 0, heads, part])], t.dtype, shape);
  return reshape(g, transpose(g, wide, [0, 2, 1, 3]), [cells(b, heads), n, part]);
}

/** [B·H, N, x] → [B, N, H·x] */
function joinHeads(g: Graph, t: Tensor, b: Dim, heads: number): Tensor {
  const [, n, part] = t.shape;
  const turned = transpose(g, reshape(g, t, [b, heads, n, part]), [0, 2, 1, 3]);
  return reshape(g, turned, [b, n, heads * (part as number)]);
}

function cells(b: Dim, heads: number): Dim {
  return product([heads, b]);
}
