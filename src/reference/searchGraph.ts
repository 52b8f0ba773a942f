import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";

/**
 * The search among some vectors as a graph: what is nearest by |x|² − 2 q·x, which is the squared distance but for a number
 * that a query has in common with all vectors.
 *
 * Inputs: `queries` float32 [queries × width], `vectors` float32 [vectors × width], `norms` float32 [vectors] (|x|²), `count`
 * int64 [1]. Outputs: `scores` float32 and `places` int64, both [queries × count], nearest first; of equals the first.
 */
export function searchGraph(width: number): Uint8Array {
  const g = new Graph();
  const queries = g.input("queries", "float32", ["queries", width]);
  const vectors = g.input("vectors", "float32", ["vectors", width]);
  const norms = g.input("norms", "float32", ["vectors"]);
  const count = g.input("count", "int64", [1]);
  const scores = g.node("Gemm", [queries, vectors, norms], "float32", ["queries", "vectors"], {
    transB: 1,
    alpha: { float: -2 },
  });
  const [nearest, places] = g.nodesOf(
    "TopK",
    [scores, count],
    [
      { dtype: "float32", shape: ["queries", "count"] },
      { dtype: "int64", shape: ["queries", "count"] },
    ],
    { axis: 1, largest: 0, sorted: 1 },
  );
  g.output("scores", nearest);
  g.output("places", places);
  return encodeOnnx(g);
}

/** A linear transform as a graph: `y` float32 [rows × out] = `x` [rows × in] · `matrix` [out × in]ᵀ + `bias` [out]. */
export function transformGraph(widthIn: number, widthOut: number): Uint8Array {
  const g = new Graph();
  const x = g.input("x", "float32", ["rows", widthIn]);
  const matrix = g.input("matrix", "float32", [widthOut, widthIn]);
  const bias = g.input("bias", "float32", [widthOut]);
  g.output("y", g.node("Gemm", [x, matrix, bias], "float32", ["rows", widthOut], { transB: 1 }));
  return encodeOnnx(g);
}
