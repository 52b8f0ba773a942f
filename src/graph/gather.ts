import type { Graph } from "./graph.js";
import { expand, reshape } from "./shape.js";
import { type Dim, GraphError, showShape, type Tensor } from "./tensor.js";

/**
 * Rows of a table, PyTorch's `Embedding`.
 * @param table [rows, d]
 * @param index int32 [n], each in 0 … rows − 1
 * @param padding a row that gets no derivative (`padding_idx`), if any
 * @returns [n, d]
 */
export function embedding(g: Graph, table: Tensor, index: Tensor, padding?: number): Tensor {
  if (table.rank !== 2 || index.rank !== 1)
    throw new GraphError(`embedding: table ${showShape(table.shape)}, index ${showShape(index.shape)}`);
  const out = g.node("Gather", [table, index], table.dtype, [index.dim(0), table.dim(1)], { axis: 0 });
  return g.record(out, [table], (dy) => {
    const zero = g.node("Mul", [table, g.scalar(0, table.dtype)], table.dtype, table.shape);
    // ScatterElements, not ScatterND: the latter's sum loses updates between threads on the CPU provider.
    const rows = expand(g, reshape(g, index, [index.dim(0), 1]), dy.shape);
    const sum = g.node("ScatterElements", [zero, rows, dy], table.dtype, table.shape, {
      axis: 0,
      reduction: "add",
    });
    return [padding === undefined ? sum : withoutRow(g, sum, padding)];
  });
}

function withoutRow(g: Graph, x: Tensor, row: number): Tensor {
  const rows = x.dim(0) as number;
  const keep = new Float32Array(rows).fill(1);
  keep[row] = 0;
  const mask = g.cast(g.constant(keep, "float32", [rows, 1]), x.dtype);
  return g.node("Mul", [x, mask], x.dtype, x.shape);
}

/** 0, 1, … up to the length of a dimension: int32 [dim]. */
export function indices(g: Graph, dim: Dim): Tensor {
  if (typeof dim === "number")
    return g.constant(
      Int32Array.from({ length: dim }, (_, i) => i),
      "int32",
      [dim],
    );
  const end = g.node("Squeeze", [g.length(dim)], "int64", []);
  return g.cast(g.node("Range", [g.scalar(0, "int64"), end, g.scalar(1, "int64")], "int64", [dim]), "int32");
}

/**
 * The first position of each sequence.
 * @param x [B, N, d]
 * @returns [B, d]
 */
export function first(g: Graph, x: Tensor): Tensor {
  if (x.rank !== 3) throw new GraphError(`first: a tensor of shape ${showShape(x.shape)}, not [B, N, d]`);
  const zero = g.constant(Int32Array.of(0), "int32", []);
  const [b, n, d] = x.shape;
  const out = g.node("Gather", [x, zero], x.dtype, [b, d], { axis: 1 });
  return g.record(out, [x], (dy) => {
    const rest = g.node("Sub", [g.length(n), g.integers([1])], "int64", [1]);
    const pads = g.node("Concat", [g.integers([0, 0, 0, 0]), rest, g.integers([0])], "int64", [6], {
      axis: 0,
    });
    return [g.node("Pad", [reshape(g, dy, [b, 1, d]), pads], x.dtype, x.shape)];
  });
}
