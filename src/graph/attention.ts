import { dropoutMask } from "./dropout.js";
import { mul } from "./elementwise.js";
import { Graph } from "./graph.js";
import { expand, reshape, transpose } from "./shape.js";
import { type Dim, GraphError, type Shape, sameShape, showShape, type Tensor } from "./tensor.js";

/** Keys of the dropout of attention probabilities; see `dropoutMask`. */
export interface AttentionDropout {
  p: number;
  /** int32 [B, Nq]: a key a query position. */
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
   * "scan": one head of one cell at a time, by ONNX's `Scan`; "heads": one head of all cells at a time,
   * written out, for providers that have no `Scan`.
   */
  loop: "scan" | "heads";
}

/**
 * Multi-head attention (Vaswani et al. 2017) that keeps no matrix of queries by keys: each head's is made,
 * used and dropped, and the derivative makes it again from the rows' largest scores and sums
 * (Rabe & Staats 2021; Dao et al. 2022).
 *
 * @param q [B, Nq, d]; Nq is N, or 1 when only `<cls>` asks
 * @param k [B, N, d]
 * @param v [B, N, d]
 * @returns [B, Nq, d], not yet projected
 */
export function attention(g: Graph, q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const width = q.dim(2);
  if (typeof width !== "number" || width % options.heads !== 0)
    throw new GraphError(`attention: ${options.heads} heads do not divide a width of ${width}`);
  if (!sameShape(k.shape, v.shape) || k.dim(0) !== q.dim(0) || k.dim(2) !== width)
    throw new GraphError(
      `attention: queries ${showShape(q.shape)}, keys ${showShape(k.shape)}, values ${showShape(v.shape)}`,
    );
  const headWidth = width / options.heads;
  const scale = 1 / Math.sqrt(headWidth);
  const split = (t: Tensor) => splitHeads(g, t, options.heads, headWidth);
  const join = (t: Tensor, like: Tensor) =>
    reshape(g, transpose(g, splitCells(g, t, like, options.heads, headWidth), [0, 2, 1, 3]), like.shape);

  const [qs, ks, vs] = [split(mul(g, q, scale)), split(k), split(v)];
  const side = perHead(g, q, options);
  const [o, top, weight] = forEachHead(g, options, [qs, ks, vs, ...side], (s, [Q, K, V, bias, r, c]) =>
    forward(s, Q, K, V, bias, options.dropout && { p: options.dropout.p, r, c }),
  );
  const out = join(o, q);
  return g.record(out, [q, k, v], (dy, want) => {
    const dout = split(dy);
    const dot = g.node("ReduceSum", [mul(g, dout, o), g.integers([-1])], o.dtype, top.shape, { keepdims: 1 });
    const [dq, dk, dv] = forEachHead(g, options, [qs, ks, vs, dout, top, weight, dot, ...side], (s, t) => {
      const [Q, K, V, dO, m, w, delta, bias, r, c] = t;
      return backward(s, Q, K, V, dO, m, w, delta, bias, options.dropout && { p: options.dropout.p, r, c });
    });
    return [
      want[0] ? mul(g, join(dq, q), scale) : undefined,
      want[1] ? join(dk, k) : undefined,
      want[2] ? join(dv, v) : undefined,
    ];
  });
}

interface HeadDropout {
  p: number;
  /** int32 […, Nq, 1] */
  r: Tensor;
  /** int32 […, 1, N] */
  c: Tensor;
}

/** Scores of one head, padding pushed down: [Q, 1] · [K, bias]ᵀ is one product and no further pass over N × N. */
function scoresOf(s: Graph, Q: Tensor, K: Tensor, bias: Tensor): Tensor {
  return plainMatMul(s, append(s, Q, 1), flip(s, concatLast(s, K, bias)));
}

/**
 * One head: its output [Nq, dh], and of each row of scores the largest and the sum of exponentials [Nq, 1].
 * Leading axes, if any, are carried along.
 */
function forward(s: Graph, Q: Tensor, K: Tensor, V: Tensor, bias: Tensor, drop?: HeadDropout): Tensor[] {
  const scores = scoresOf(s, Q, K, bias);
  const rows: Shape = [...scores.shape.slice(0, -1), 1];
  const top = s.node("ReduceMax", [scores, s.integers([-1])], scores.dtype, rows, { keepdims: 1 });
  const e = plain(s, "Exp", plain(s, "Sub", scores, top));
  const total = s.node("ReduceSum", [e, s.integers([-1])], e.dtype, rows, { keepdims: 1 });
  const kept = drop ? plain(s, "Mul", e, dropoutMask(s, drop.r, drop.c, drop.p, e.dtype)) : e;
  const weight = drop ? plain(s, "Mul", total, s.scalar(1 - drop.p, total.dtype)) : total;
  return [plain(s, "Div", plainMatMul(s, kept, V), weight), top, weight];
}

/**
 * Derivatives of one head by its queries, keys and values. The exponentials are made again exactly as they were;
 * `weight` (their row sums, with dropout's factor) divides the small operands instead of them.
 * @param delta row sums of dO · O
 */
function backward(
  s: Graph,
  Q: Tensor,
  K: Tensor,
  V: Tensor,
  dO: Tensor,
  top: Tensor,
  weight: Tensor,
  delta: Tensor,
  bias: Tensor,
  drop?: HeadDropout,
): Tensor[] {
  const e = plain(s, "Exp", plain(s, "Sub", scoresOf(s, Q, K, bias), top));
  const dE = plain(s, "Div", dO, weight);
  let dV: Tensor;
  let dScores: Tensor;
  if (drop) {
    const mask = dropoutMask(s, drop.r, drop.c, drop.p, e.dtype);
    const level = plain(s, "Div", plain(s, "Mul", delta, s.scalar(1 - drop.p, delta.dtype)), weight);
    dV = plainMatMul(s, flip(s, plain(s, "Mul", e, mask)), dE);
    const flow = plain(s, "Mul", plainMatMul(s, dE, flip(s, V)), mask);
    dScores = plain(s, "Mul", e, plain(s, "Sub", flow, level));
  } else {
    dV = plainMatMul(s, flip(s, e), dE);
    const level = plain(s, "Neg", plain(s, "Div", delta, weight));
    dScores = plain(s, "Mul", e, plainMatMul(s, concatLast(s, dE, level), flip(s, append(s, V, 1))));
  }
  return [plainMatMul(s, dScores, K), plainMatMul(s, flip(s, dScores), Q), dV];
}

/** bias, row keys and column keys, repeated a head: [B·H, N, 1], [B·H, Nq, 1], [B·H, 1, N]. */
function perHead(g: Graph, q: Tensor, { heads, bias, dropout }: AttentionOptions): Tensor[] {
  const [b, n] = bias.shape;
  const repeated = (t: Tensor, last: Shape) => reshape(g, t, [cells(b, heads), ...last]);
  const bias4 = expand(g, reshape(g, bias, [b, 1, n, 1]), [b, heads, n, 1]);
  const side = [repeated(bias4, [n, 1])];
  if (dropout) {
    const headKeys = g.constant(dropout.headKeys, "int32", [1, heads, 1, 1]);
    const nq = q.dim(1);
    const spread = (t: Tensor, shape: Shape, full: Shape) =>
      g.node("Mul", [reshape(g, t, shape), headKeys], "int32", full);
    const ones = g.constant(new Int32Array(heads).fill(1), "int32", [1, heads, 1, 1]);
    const columns = g.node("Mul", [reshape(g, dropout.columnKeys, [b, 1, 1, n]), ones], "int32", [
      b,
      heads,
      1,
      n,
    ]);
    side.push(
      repeated(spread(dropout.rowKeys, [b, 1, nq, 1], [b, heads, nq, 1]), [nq, 1]),
      repeated(columns, [1, n]),
    );
  }
  return side;
}

/**
 * Runs `body` on each head of each cell: the operands' first axis (B·H) is gone inside, and stacked again outside.
 */
function forEachHead(
  g: Graph,
  { loop, heads }: AttentionOptions,
  operands: Tensor[],
  body: (s: Graph, parts: Tensor[]) => Tensor[],
): Tensor[] {
  return loop === "scan" ? byScan(g, operands, body) : byHead(g, operands, heads, body);
}

function byScan(g: Graph, operands: Tensor[], body: (s: Graph, parts: Tensor[]) => Tensor[]): Tensor[] {
  const s = new Graph(g);
  const parts = operands.map((t) => s.input(g.fresh("part"), t.dtype, t.shape.slice(1)));
  const results = body(s, parts);
  for (const r of results) s.output(g.fresh("result"), r);
  return g.nodesOf(
    "Scan",
    operands,
    results.map((r) => ({ dtype: r.dtype, shape: [operands[0].dim(0), ...r.shape] })),
    { body: s, num_scan_inputs: operands.length },
  );
}

function byHead(
  g: Graph,
  operands: Tensor[],
  heads: number,
  body: (s: Graph, parts: Tensor[]) => Tensor[],
): Tensor[] {
  const all = operands[0].dim(0);
  const b = typeof all === "number" ? all / heads : all.replace(`${heads}*`, "");
  const unpacked = operands.map((t) => reshape(g, t, [b, heads, ...t.shape.slice(1)]));
  const perHeadResults = Array.from({ length: heads }, (_, h) => {
    const at = g.constant(Int32Array.of(h), "int32", []);
    const parts = unpacked.map((t) =>
      g.node("Gather", [t, at], t.dtype, [b, ...t.shape.slice(2)], { axis: 1 }),
    );
    return body(g, parts).map((r) => reshape(g, r, [b, 1, ...r.shape.slice(1)]));
  });
  return perHeadResults[0].map((r, i) => {
    const full = [b, heads, ...r.shape.slice(2)];
    const stacked = g.node(
      "Concat",
      perHeadResults.map((x) => x[i]),
      r.dtype,
      full,
      { axis: 1 },
    );
    return reshape(g, stacked, [all, ...r.shape.slice(2)]);
  });
}

function cells(b: Dim, heads: number): Dim {
  return typeof b === "number" ? b * heads : `${heads}*${b}`;
}

/** [B, N, H·dh] → [B·H, N, dh] */
function splitHeads(g: Graph, t: Tensor, heads: number, headWidth: number): Tensor {
  const [b, n] = t.shape;
  const wide = g.node("Reshape", [t, g.integers([0, 0, heads, headWidth])], t.dtype, [
    b,
    n,
    heads,
    headWidth,
  ]);
  const turned = g.node("Transpose", [wide], t.dtype, [b, heads, n, headWidth], { perm: [0, 2, 1, 3] });
  return reshape(g, turned, [cells(b, heads), n, headWidth]);
}

/** [B·H, N, dh] → [B, H, N, dh] */
function splitCells(g: Graph, t: Tensor, like: Tensor, heads: number, headWidth: number): Tensor {
  return reshape(g, t, [like.dim(0), heads, like.dim(1), headWidth]);
}

// Off the tape: what `attention` records is its own derivative, not its parts'.

function plain(s: Graph, op: string, a: Tensor, b?: Tensor): Tensor {
  return s.node(op, b ? [a, b] : [a], a.dtype, a.shape);
}

function plainMatMul(s: Graph, a: Tensor, b: Tensor): Tensor {
  if (a.dim(-1) !== b.dim(-2))
    throw new GraphError(`attention: ${showShape(a.shape)} by ${showShape(b.shape)}`);
  return s.product("MatMul", a, b, [...a.shape.slice(0, -1), b.dim(-1)]);
}

function flip(s: Graph, x: Tensor): Tensor {
  const perm = x.shape.map((_, i) => i);
  perm.push(...perm.splice(-2).reverse());
  return s.node(
    "Transpose",
    [x],
    x.dtype,
    perm.map((p) => x.dim(p)),
    { perm },
  );
}

function concatLast(s: Graph, a: Tensor, b: Tensor): Tensor {
  const width = (a.dim(-1) as number) + (b.dim(-1) as number);
  return s.node("Concat", [a, b], a.dtype, [...a.shape.slice(0, -1), width], { axis: -1 });
}

/** One more column of `value`. */
function append(s: Graph, x: Tensor, value: number): Tensor {
  const pads = s.integers([...x.shape.map(() => 0), ...x.shape.map((_, i) => (i === x.rank - 1 ? 1 : 0))]);
  const shape = [...x.shape.slice(0, -1), (x.dim(-1) as number) + 1];
  return s.node("Pad", [x, pads, s.scalar(value, x.dtype)], x.dtype, shape);
}
