/** Element types, by the names that onnxruntime's JavaScript API uses. */
export type DType = "float32" | "float16" | "float64" | "int32" | "int64" | "uint8" | "bool";

/** One dimension: a number, or the name of one that is known when the graph runs ("B", "N", "B*N"). */
export type Dim = number | string;

export type Shape = readonly Dim[];

/**
 * A value of the graph: a name with a type and a shape, no data.
 * Made by the operations of this folder, never by hand.
 */
export class Tensor {
  constructor(
    readonly name: string,
    readonly dtype: DType,
    readonly shape: Shape,
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Dimension `axis`; negative axes count from the end. */
  dim(axis: number): Dim {
    const d = this.shape[axis < 0 ? axis + this.rank : axis];
    if (d === undefined) throw new GraphError(`axis ${axis} of a tensor of shape ${showShape(this.shape)}`);
    return d;
  }
}

/** A graph that cannot be built: the message names the operation and the shapes. */
export class GraphError extends Error {
  override name = "GraphError";
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** The product of dimensions, as a number where all are known, else as their names joined by "*". */
export function product(dims: Shape): Dim {
  const numbers = dims.reduce<number>((all, d) => (typeof d === "number" ? all * d : all), 1);
  const names = dims.filter((d) => typeof d === "string");
  if (names.length === 0) return numbers;
  return numbers === 1 ? names.join("*") : [numbers, ...names].join("*");
}

/**
 * The shape of an elementwise operation on operands of shapes `a` and `b`, by NumPy's rule.
 * @throws GraphError where two dimensions differ and neither is 1
 */
export function broadcast(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new GraphError(`${op}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast`);
  });
}
