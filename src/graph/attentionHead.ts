import type { HeadBody } from "./attentionLoop.js";
import { dropoutMask } from "./dropout.js";
import type { Graph } from "./graph.js";
import { GraphError, type Shape, showShape, type Tensor } from "./tensor.js";

// The arithmetic of one attention head, on a block of its queries. Leading axes, if any, are carried along. Nothing
// is put on the tape: what `attention` records is its own derivative, not its parts'.
//
// Operands of a block: Q […, R, x], and with dropout the queries' keys int32 […, R, 1]. Of the head: K and V […, N, x],
// the bias […, N, 1], and with dropout the keys' keys int32 […, 1, N].

/** The block's output: (softmax(Q Kᵀ + bias) ∘ mask) V. */
export function headOutput(p?: number): HeadBody {
  return {
    sums: 0,
    of: (s, [K, V, bias, columnKeys]) => {
      const keys = concatLast(s, K, bias);
      return (b, [Q, rowKeys]) => {
        const P = probabilities(b, Q, keys);
        const mask = maskOf(b, P, rowKeys, columnKeys, p);
        return [product(b, mask ? times(b, P, mask) : P, V)];
      };
    },
  };
}

/**
 * Derivatives by V, K (to be added up over the blocks) and Q. Two more operands of a block: dO, the derivative by the
 * output, and `total` […, R, 1], the rows' sums of dO ∘ O, which are those of P ∘ dP (Dao et al. 2022, B.2).
 */
export function headDerivative(p?: number): HeadBody {
  return {
    sums: 2,
    of: (s, [K, V, bias, columnKeys]) => {
      const keys = concatLast(s, K, bias);
      return (b, operands) => {
        const [Q, rowKeys] = operands;
        const [dO, total] = operands.slice(-2);
        const P = probabilities(b, Q, keys);
        const mask = maskOf(b, P, rowKeys, columnKeys, p);
        const dV = product(b, flip(b, mask ? times(b, P, mask) : P), dO);
        const flow = product(b, dO, flip(b, V));
        const dP = mask ? times(b, flow, mask) : flow;
        const dS = times(b, P, b.node("Sub", [dP, total], dP.dtype, dP.shape));
        return [product(b, flip(b, dS), Q), dV, product(b, dS, K)];
      };
    },
  };
}

/** Softmax of the scores, padding pushed down: [Q, 1] · [K, bias]ᵀ is one product and no further pass over the scores. */
function probabilities(b: Graph, Q: Tensor, keys: Tensor): Tensor {
  const scores = product(b, append(b, Q, 1), flip(b, keys));
  return b.node("Softmax", [scores], scores.dtype, scores.shape, { axis: -1 });
}

function maskOf(b: Graph, P: Tensor, rowKeys: Tensor, columnKeys: Tensor, p?: number): Tensor | undefined {
  return p === undefined ? undefined : dropoutMask(b, rowKeys, columnKeys, p, P.dtype);
}

function times(b: Graph, x: Tensor, y: Tensor): Tensor {
  return b.node("Mul", [x, y], x.dtype, x.shape);
}

function product(b: Graph, x: Tensor, y: Tensor): Tensor {
  if (x.dim(-1) !== y.dim(-2))
    throw new GraphError(`attention: ${showShape(x.shape)} by ${showShape(y.shape)}`);
  return b.product("MatMul", x, y, [...x.shape.slice(0, -1), y.dim(-1)]);
}

function flip(b: Graph, x: Tensor): Tensor {
  const perm = x.shape.map((_, i) => i);
  perm.push(...perm.splice(-2).reverse());
  const shape: Shape = perm.map((axis) => x.dim(axis));
  return b.node("Transpose", [x], x.dtype, shape, { perm });
}

function concatLast(b: Graph, x: Tensor, y: Tensor): Tensor {
  const width = (x.dim(-1) as number) + (y.dim(-1) as number);
  return b.node("Concat", [x, y], x.dtype, [...x.shape.slice(0, -1), width], { axis: -1 });
}

/** One more column of `value`. */
function append(b: Graph, x: Tensor, value: number): Tensor {
  const pads = b.integers([...x.shape.map(() => 0), ...x.shape.map((_, i) => (i === x.rank - 1 ? 1 : 0))]);
  const shape = [...x.shape.slice(0, -1), (x.dim(-1) as number) + 1];
  return b.node("Pad", [x, pads, b.scalar(value, x.dtype)], x.dtype, shape);
}
