import type { Graph } from "./graph.js";
import { reduceSum } from "./reduce.js";
import { reshape } from "./shape.js";
import {
  broadcast,
  type DType,
  GraphError,
  type Shape,
  sameShape,
  showShape,
  type Tensor,
} from "./tensor.js";

/** Operand of an elementwise operation: a tensor, or a number of the other operand's type. */
type Operand = Tensor | number;

function pair(g: Graph, op: string, a: Operand, b: Operand): [Tensor, Tensor, Shape] {
  const dtype = (typeof a === "number" ? (b as Tensor) : a).dtype;
  const x = typeof a === "number" ? g.scalar(a, dtype) : a;
  const y = typeof b === "number" ? g.scalar(b, dtype) : b;
  if (x.dtype !== y.dtype)
    throw new GraphError(`${op}: ${x.dtype} ${showShape(x.shape)} meets ${y.dtype} ${showShape(y.shape)}`);
  return [x, y, broadcast(op, x.shape, y.shape)];
}

/**
 * Sums `dy` over the axes along which a tensor of shape `shape` was repeated:
 * the derivative of broadcasting.
 */
export function sumTo(g: Graph, dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const lead = dy.rank - shape.length;
  const axes = dy.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  const summed = reduceSum(g, dy, axes, true);
  return lead === 0 ? summed : reshape(g, summed, shape);
}

/** a + b, with broadcasting. */
export function add(g: Graph, a: Operand, b: Operand): Tensor {
  const [x, y, shape] = pair(g, "add", a, b);
  const out = g.node("Add", [x, y], x.dtype, shape);
  return g.record(out, [x, y], (dy, want) => [
    want[0] ? sumTo(g, dy, x.shape) : undefined,
    want[1] ? sumTo(g, dy, y.shape) : undefined,
  ]);
}

/** a − b, with broadcasting. */
export function sub(g: Graph, a: Operand, b: Operand): Tensor {
  const [x, y, shape] = pair(g, "sub", a, b);
  const out = g.node("Sub", [x, y], x.dtype, shape);
  return g.record(out, [x, y], (dy, want) => [
    want[0] ? sumTo(g, dy, x.shape) : undefined,
    want[1] ? sumTo(g, neg(g, dy), y.shape) : undefined,
  ]);
}

/** a · b elementwise, with broadcasting. */
export function mul(g: Graph, a: Operand, b: Operand): Tensor {
  const [x, y, shape] = pair(g, "mul", a, b);
  const out = g.node("Mul", [x, y], x.dtype, shape);
  return g.record(out, [x, y], (dy, want) => [
    want[0] ? sumTo(g, mul(g, dy, y), x.shape) : undefined,
    want[1] ? sumTo(g, mul(g, dy, x), y.shape) : undefined,
  ]);
}

/** a / b elementwise, with broadcasting. */
export function div(g: Graph, a: Operand, b: Operand): Tensor {
  const [x, y, shape] = pair(g, "div", a, b);
  const out = g.node("Div", [x, y], x.dtype, shape);
  return g.record(out, [x, y], (dy, want) => [
    want[0] ? sumTo(g, div(g, dy, y), x.shape) : undefined,
    want[1] ? sumTo(g, neg(g, div(g, mul(g, dy, out), y)), y.shape) : undefined,
  ]);
}

/** The smaller of each element and `bound`; no derivative (the clamp of the inputs needs none). */
export function atMost(g: Graph, x: Tensor, bound: number): Tensor {
  return g.node("Min", [x, g.scalar(bound, x.dtype)], x.dtype, x.shape);
}

/** The larger of each element and `bound`. */
export function atLeast(g: Graph, x: Tensor, bound: number): Tensor {
  const out = g.node("Max", [x, g.scalar(bound, x.dtype)], x.dtype, x.shape);
  return g.record(out, [x], (dy) => [select(g, greater(g, x, bound), dy, 0)]);
}

/** −x */
export function neg(g: Graph, x: Tensor): Tensor {
  return unary(g, "Neg", x, (dy) => neg(g, dy));
}

/** max(x, 0); the derivative at 0 is 0, as PyTorch's. */
export function relu(g: Graph, x: Tensor): Tensor {
  return unary(g, "Relu", x, (dy, y) => wherePositive(g, y, dy));
}

/** dy where x > 0, else 0. Multiplied by a mask rather than chosen: `Where` is several times slower on the CPU. */
export function wherePositive(g: Graph, x: Tensor, dy: Tensor): Tensor {
  const above = g.node("Greater", [x, g.after(g.scalar(0, x.dtype), dy)], "bool", x.shape);
  return g.node("Mul", [dy, g.cast(above, dy.dtype)], dy.dtype, dy.shape);
}

/** x where x > 0, else slope · x (PyTorch's LeakyReLU; its default slope is 0.01). */
export function leakyRelu(g: Graph, x: Tensor, slope = 0.01): Tensor {
  const positive = greater(g, x, 0);
  const out = g.node(
    "Max",
    [x, g.node("Mul", [x, g.scalar(slope, x.dtype)], x.dtype, x.shape)],
    x.dtype,
    x.shape,
  );
  return g.record(out, [x], (dy) => [select(g, positive, dy, mul(g, dy, slope))]);
}

/** 1 / (1 + e^−x) */
export function sigmoid(g: Graph, x: Tensor): Tensor {
  return unary(g, "Sigmoid", x, (dy, y) => mul(g, dy, mul(g, y, sub(g, 1, y))));
}

/** e^x */
export function exp(g: Graph, x: Tensor): Tensor {
  return unary(g, "Exp", x, (dy, y) => mul(g, dy, y));
}

/** Natural logarithm. */
export function log(g: Graph, x: Tensor): Tensor {
  return unary(g, "Log", x, (dy) => div(g, dy, x));
}

/** Square root. */
export function sqrt(g: Graph, x: Tensor): Tensor {
  return unary(g, "Sqrt", x, (dy, y) => div(g, mul(g, dy, 0.5), y));
}

/** x² */
export function square(g: Graph, x: Tensor): Tensor {
  const out = g.node("Mul", [x, x], x.dtype, x.shape);
  return g.record(out, [x], (dy) => [mul(g, mul(g, dy, 2), x)]);
}

/** x > bound, as bool. */
export function greater(g: Graph, x: Tensor, bound: number): Tensor {
  return g.node("Greater", [x, g.scalar(bound, x.dtype)], "bool", x.shape);
}

/** `x` where the condition holds, else `y`; the condition has no derivative. */
export function select(g: Graph, condition: Tensor, x: Tensor, y: Operand): Tensor {
  const other = typeof y === "number" ? g.scalar(y, x.dtype) : y;
  const shape = broadcast("select", broadcast("select", condition.shape, x.shape), other.shape);
  const out = g.node("Where", [condition, x, other], x.dtype, shape);
  return g.record(out, [x, other], (dy, want) => [
    want[0] ? sumTo(g, select(g, condition, dy, 0), x.shape) : undefined,
    want[1] ? sumTo(g, select(g, condition, g.scalar(0, dy.dtype), dy), other.shape) : undefined,
  ]);
}

/** Another element type; the derivative is cast back. */
export function cast(g: Graph, x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = g.cast(x, dtype);
  return g.record(out, [x], (dy) => [g.cast(dy, x.dtype)]);
}

/** The same value, of which nothing upstream learns: the derivative stops here. */
export function detach(g: Graph, x: Tensor): Tensor {
  return g.node("Identity", [x], x.dtype, x.shape);
}

/** The same value; the derivative comes back with its sign turned (DAB's gradient reversal). */
export function reverseGradient(g: Graph, x: Tensor): Tensor {
  return unary(g, "Identity", x, (dy) => neg(g, dy));
}

function unary(g: Graph, op: string, x: Tensor, derivative: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  if (x.dtype === "bool" || x.dtype === "uint8")
    throw new GraphError(`${op}: a ${x.dtype} tensor of shape ${showShape(x.shape)}`);
  const y = g.node(op, [x], x.dtype, x.shape);
  return g.record(y, [x], (dy) => [derivative(dy, y)]);
}
