import type { Graph } from "../../src/graph/graph.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import type { Shape, Tensor } from "../../src/graph/tensor.js";
import { Session, tensor } from "../../src/runtime/session.js";
import { Random } from "../../src/support/random.js";

/** An array to feed to a graph. Its input's dimensions may have names; the array's are known. */
export interface Operand {
  dtype: "float32" | "float64" | "int32" | "bool";
  dims: number[];
  data: Float32Array | Float64Array | Int32Array | Uint8Array;
  /** The input's shape in the graph, when it is not `dims`. */
  shape?: Shape;
}

/** Float64 numbers, given. */
export function numbers(dims: number[], data: ArrayLike<number>, shape?: Shape): Operand {
  return { dtype: "float64", dims, data: Float64Array.from(data), shape };
}

/** Float64 numbers, uniform between `from` and `to`. */
export function uniform(dims: number[], seed: number, from = -1, to = 1, shape?: Shape): Operand {
  const random = new Random(seed);
  const length = dims.reduce((a, b) => a * b, 1);
  return numbers(
    dims,
    Array.from({ length }, () => from + (to - from) * random.uniform()),
    shape,
  );
}

export function integers(dims: number[], data: ArrayLike<number>, shape?: Shape): Operand {
  return { dtype: "int32", dims, data: Int32Array.from(data), shape };
}

/** Makes the inputs of a graph for the operands: `x0`, `x1`, … */
export function inputsOf(g: Graph, operands: Operand[]): Tensor[] {
  return operands.map((o, i) => g.input(`x${i}`, o.dtype, o.shape ?? o.dims));
}

/** A graph on the CPU that can be run many times; its inputs are those of `inputsOf`. */
export class RunnableGraph {
  private constructor(private readonly session: Session) {}

  static async open(g: Graph, threads = 1): Promise<RunnableGraph> {
    return new RunnableGraph(await Session.open(encodeOnnx(g), { device: "cpu", threads }));
  }

  /** The outputs, as numbers. */
  async run(operands: Operand[]): Promise<Record<string, number[]>> {
    const feeds = operands.map((o, i) => [`x${i}`, tensor(o.dtype, o.data, o.dims)]);
    const out = await this.session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(out).map(([name, t]) => [
        name,
        Array.from(t.data as ArrayLike<number | bigint>, Number),
      ]),
    );
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** Runs a graph once. */
export async function runGraph(
  g: Graph,
  operands: Operand[],
  threads = 1,
): Promise<Record<string, number[]>> {
  const graph = await RunnableGraph.open(g, threads);
  const out = await graph.run(operands);
  await graph.release();
  return out;
}
