import { type Dim, type DType, GraphError, product, type Shape, showShape, Tensor } from "./tensor.js";

/** An attribute of an ONNX node; a `Graph` is the body of `Scan`. */
export type Attribute = number | { float: number } | string | number[] | Graph;

export interface Node {
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: { [name: string]: Attribute };
}

export type ConstantData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

export interface Constant {
  tensor: Tensor;
  data: ConstantData;
}

/**
 * How a derivative flows back through one recorded operation: given the derivative `dy` of the loss
 * by its output, returns the derivatives by its inputs. `wanted[i]` is false where nothing needs
 * input i's; building it then would be waste.
 */
export type Vjp = (dy: Tensor, wanted: boolean[]) => (Tensor | undefined)[];

/** The same for an operation of several outputs; of some of them there may be no derivative. */
export type JointVjp = (dys: (Tensor | undefined)[], wanted: boolean[]) => (Tensor | undefined)[];

export interface Step {
  outputs: Tensor[];
  inputs: Tensor[];
  vjp: JointVjp;
}

/**
 * An ONNX graph under construction, with a tape of the differentiable operations in it.
 * Operations are functions of their own (`add(graph, a, b)`), one file a family.
 */
export class Graph {
  /** Whether matrix products are computed in float16 (their operands rounded, their results widened again). */
  halfProducts = false;
  /**
   * Whether what a derivative makes again must wait for the derivative (`after`). onnxruntime orders nodes by their
   * inputs alone: what depends only on values of the forward pass it may compute there, and keep until it is used.
   * By the derivative's shape, which a CPU knows for nothing, or by an element of it, which a device has at hand.
   */
  waits: false | "shape" | "element" = false;
  readonly nodes: Node[] = [];
  readonly inputs: Tensor[] = [];
  readonly outputs: { tensor: Tensor; from: string }[] = [];
  readonly constants: Constant[] = [];
  readonly tape: Step[] = [];
  /** Where the length behind each dimension's name can be read: an axis of an input. */
  private readonly dimensions = new Map<string, { of: Tensor; axis: number }>();
  private readonly lengths = new Map<string, Tensor>();
  private readonly zeros = new Map<string, Tensor>();
  private readonly moments = new Map<string, Tensor>();
  private readonly constantsByKey = new Map<string, Tensor>();
  private readonly counter: { n: number };

  /** `parent`: the graph whose node has this one as its body; its tensors can be used here. */
  constructor(readonly parent?: Graph) {
    this.counter = parent ? parent.counter : { n: 0 };
    this.halfProducts = parent?.halfProducts ?? false;
  }

  /** A value that is fed at each run. */
  input(name: string, dtype: DType, shape: Shape): Tensor {
    if (this.inputs.some((t) => t.name === name)) throw new GraphError(`two inputs are called "${name}"`);
    const tensor = new Tensor(name, dtype, shape);
    this.inputs.push(tensor);
    shape.forEach((d, axis) => {
      if (typeof d === "string" && !this.dimensions.has(d)) this.dimensions.set(d, { of: tensor, axis });
    });
    return tensor;
  }

  /** Gives `from` out of the graph under `name`. */
  output(name: string, from: Tensor): void {
    const tensor = new Tensor(name, from.dtype, from.shape);
    this.outputs.push({ tensor, from: from.name });
  }

  /** A tensor whose data stands in the graph. Equal small constants are one. */
  constant(data: ConstantData, dtype: DType, shape: Shape): Tensor {
    const key = data.length <= 16 ? `${dtype}${showShape(shape)}${data.join(" ")}` : undefined;
    const known = key === undefined ? undefined : this.constantsByKey.get(key);
    if (known) return known;
    if (product(shape) !== data.length)
      throw new GraphError(`constant: ${data.length} values for the shape ${showShape(shape)}`);
    const tensor = new Tensor(this.fresh("const"), dtype, shape);
    this.constants.push({ tensor, data });
    if (key !== undefined) this.constantsByKey.set(key, tensor);
    return tensor;
  }

  /** A weight whose data stands in the graph, under a name of its own. */
  weight(name: string, data: Float32Array, shape: Shape): Tensor {
    const tensor = new Tensor(name, "float32", shape);
    this.constants.push({ tensor, data });
    return tensor;
  }

  /** A floating-point number, of the type of the tensor that it meets. */
  scalar(value: number, like: DType): Tensor {
    if (like === "float64") return this.constant(Float64Array.of(value), like, []);
    if (like === "int32") return this.constant(Int32Array.of(value), like, []);
    if (like === "int64") return this.constant(BigInt64Array.of(BigInt(value)), like, []);
    return this.cast(this.constant(Float32Array.of(value), "float32", []), like);
  }

  /** Another element type, off the tape. */
  cast(x: Tensor, dtype: DType): Tensor {
    return x.dtype === dtype ? x : this.node("Cast", [x], dtype, x.shape, { to: ONNX_TYPE[dtype] });
  }

  /** A vector of int64, as shapes and axes are given to ONNX. */
  integers(values: number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt), "int64", [values.length]);
  }

  /** The length that a dimension has when the graph runs: int64 [1]. */
  length(dim: Dim): Tensor {
    if (typeof dim === "number") return this.integers([dim]);
    const known = this.lengths.get(dim);
    if (known) return known;
    const source = this.dimensions.get(dim);
    let length: Tensor;
    if (source) {
      const { of, axis } = source;
      length = this.node("Shape", [of], "int64", [1], { start: axis, end: axis + 1 });
    } else if (this.parent?.knows(dim)) {
      return this.parent.length(dim);
    } else if (dim.includes("*")) {
      length = dim
        .split("*")
        .map((d) => this.length(/^\d+$/.test(d) ? Number(d) : d))
        .reduce((a, b) => this.node("Mul", [a, b], "int64", [1]));
    } else {
      throw new GraphError(`no input of the graph has a dimension "${dim}"`);
    }
    this.lengths.set(dim, length);
    return length;
  }

  private knows(dim: string): boolean {
    return (
      this.dimensions.has(dim) ||
      this.lengths.has(dim) ||
      dim.includes("*") ||
      (this.parent?.knows(dim) ?? false)
    );
  }

  /** Names a dimension whose length the graph computes (int64 [1]), once. */
  dimension(name: string, length: () => Tensor): void {
    if (!this.lengths.has(name)) this.lengths.set(name, length());
  }

  /** A shape as `Reshape` and `Expand` take it; for the former, one unknown length is left to it (−1). */
  shapeVector(shape: Shape, forReshape: boolean): Tensor {
    const last = forReshape ? shape.findLastIndex((d) => typeof d === "string") : -1;
    const dims = shape.map((d, i) => (i === last ? -1 : d));
    if (dims.every((d) => typeof d === "number")) return this.integers(dims as number[]);
    const parts = dims.map((d) => this.length(d));
    return this.node("Concat", parts, "int64", [shape.length], { axis: 0 });
  }

  /** How many elements `x` has along the axes: a number of the type asked for, shape []. */
  countAlong(x: Tensor, axes: number[], dtype: DType): Tensor {
    const count = product(axes.map((a) => x.dim(a)));
    if (typeof count === "number") return this.scalar(count, dtype);
    const scalar = this.node("Squeeze", [this.length(count)], "int64", []);
    return this.cast(scalar, dtype);
  }

  /**
   * `t`, but not before `moment` has been computed: plus a zero that is made from it.
   * @param kept what would be kept for longer otherwise; where that is small, a device does not wait for it
   */
  after(t: Tensor, moment: Tensor, kept = moment): Tensor {
    if (!this.waits || (this.waits === "element" && !isLarge(kept))) return t;
    const key = `${moment.name} ${t.dtype}`;
    let zero = this.zeros.get(key);
    if (!zero) {
      zero = this.zeroFrom(moment, t.dtype);
      this.zeros.set(key, zero);
    }
    return this.node("Add", [t, zero], t.dtype, t.shape);
  }

  /** Notes that `moment` had better be computed before what follows from `t`, for operations that can wait (`momentBefore`). */
  precede(moment: Tensor, t: Tensor): void {
    this.moments.set(t.name, moment);
  }

  /** What should be there before an operation on `t` runs: for operations that take it as an input that they ignore. */
  momentBefore(t: Tensor): Tensor {
    return this.moments.get(t.name) ?? t;
  }

  /** 0 of shape [], that cannot be had before `x`. */
  private zeroFrom(x: Tensor, dtype: DType): Tensor {
    if (this.waits === "shape" && x.shape.some((d) => typeof d === "string")) {
      const length = this.node("Shape", [x], "int64", [x.rank]);
      return this.cast(
        this.node(
          "ReduceMin",
          [this.node("Mul", [length, this.integers([0])], "int64", [x.rank])],
          "int64",
          [],
          { keepdims: 0 },
        ),
        dtype,
      );
    }
    // (A shape that is known needs no computing, and would not wait.) Where the element is not finite, so
    // is the step's norm, and the step is skipped.
    const ones = this.integers(x.shape.map(() => 1));
    const element = this.node(
      "Slice",
      [x, this.integers(x.shape.map(() => 0)), ones],
      x.dtype,
      x.shape.map(() => 1),
    );
    const nothing = this.node(
      "Mul",
      [element, this.scalar(0, x.dtype)],
      x.dtype,
      x.shape.map(() => 1),
    );
    return this.cast(
      this.node("Reshape", [nothing, this.constant(new BigInt64Array(0), "int64", [0])], x.dtype, []),
      dtype,
    );
  }

  /** Appends a node of one output. */
  node(
    op: string,
    inputs: (Tensor | undefined)[],
    dtype: DType,
    shape: Shape,
    attributes: { [name: string]: Attribute } = {},
  ): Tensor {
    return this.nodesOf(op, inputs, [{ dtype, shape }], attributes)[0];
  }

  /** Appends a node of several outputs. */
  nodesOf(
    op: string,
    inputs: (Tensor | undefined)[],
    outputs: { dtype: DType; shape: Shape }[],
    attributes: { [name: string]: Attribute } = {},
    domain = "",
  ): Tensor[] {
    const made = outputs.map((o) => new Tensor(this.fresh(op), o.dtype, o.shape));
    this.nodes.push({
      op,
      domain,
      inputs: inputs.map((t) => t?.name ?? ""),
      outputs: made.map((t) => t.name),
      attributes,
    });
    return made;
  }

  /** Appends a matrix product: `Gemm` or `MatMul`, in float16 where `halfProducts` says so. */
  product(
    op: "Gemm" | "MatMul",
    a: Tensor,
    b: Tensor,
    shape: Shape,
    attributes: { [name: string]: Attribute } = {},
  ): Tensor {
    if (!this.halfProducts) return this.node(op, [a, b], a.dtype, shape, attributes);
    const halves = [this.cast(a, "float16"), this.cast(b, "float16")];
    return this.cast(this.node(op, halves, "float16", shape, attributes), a.dtype);
  }

  /** Puts a differentiable operation on the tape; returns its output. */
  record(output: Tensor, inputs: Tensor[], vjp: Vjp): Tensor {
    this.tape.push({ outputs: [output], inputs, vjp: ([dy], wanted) => vjp(dy!, wanted) });
    return output;
  }

  /** Puts a differentiable operation of several outputs on the tape; returns them. */
  recordAll(outputs: Tensor[], inputs: Tensor[], vjp: JointVjp): Tensor[] {
    this.tape.push({ outputs, inputs, vjp });
    return outputs;
  }

  /** Takes away inputs that nothing uses: a parameter, say, that is computed with in another precision. */
  dropUnusedInputs(): void {
    const used = this.namesUsed();
    const kept = this.inputs.filter((t) => used.has(t.name));
    this.inputs.splice(0, this.inputs.length, ...kept);
  }

  private namesUsed(): Set<string> {
    const used = new Set(this.outputs.map((o) => o.from));
    for (const { inputs, attributes } of this.nodes) {
      for (const name of inputs) used.add(name);
      for (const a of Object.values(attributes))
        if (a instanceof Graph) for (const name of a.namesUsed()) used.add(name);
    }
    return used;
  }

  /** A name that no other value of the graph (nor of its bodies) has. */
  fresh(stem: string): string {
    return `${stem}_${this.counter.n++}`;
  }
}

/** Whether a tensor grows with a batch in two ways: with its cells and with their tokens. */
function isLarge({ shape }: Tensor): boolean {
  const names = shape.flatMap((d) => (typeof d === "string" ? d.split("*") : []));
  return names.filter((name) => !/^\d+$/.test(name)).length > 1;
}

/** TensorProto.DataType of the ONNX specification. */
export const ONNX_TYPE: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};
