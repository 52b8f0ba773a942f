import type { Graph } from "./graph.js";
import { type Dim, product, type Tensor } from "./tensor.js";

/** Queries that are worked on at once, at most: their scores by a long cell's keys then stay in the caches. */
export const BLOCK_QUERIES = 640;

/** How the queries of a cell are cut into blocks, all of one length. */
export interface QueryBlocks {
  /** Blocks of a cell. */
  count: Dim;
  /** Queries of a block. */
  rows: Dim;
  /** Fills up the second axis of a tensor [B, N, …] with zeros, for the last block. */
  pad(t: Tensor): Tensor;
  /** Takes away what `pad` has added. */
  cut(t: Tensor): Tensor;
}

/** Blocks of at most `BLOCK_QUERIES` of `n` queries. */
export function queryBlocks(g: Graph, n: Dim): QueryBlocks {
  const [count, rows] = [`blocks(${n})`, `rows(${n})`];
  g.dimension(count, () => ceilDiv(g, g.length(n), g.integers([BLOCK_QUERIES])));
  g.dimension(rows, () => ceilDiv(g, g.length(n), g.length(count)));
  const all = product([count, rows]);
  return {
    count,
    rows,
    pad(t) {
      const extra = g.node("Sub", [g.length(all), g.length(n)], "int64", [1]);
      const zeros = g.integers(new Array<number>(t.rank + 1).fill(0));
      const parts = [
        zeros,
        extra,
        ...(t.rank > 2 ? [g.integers(new Array<number>(t.rank - 2).fill(0))] : []),
      ];
      const pads = g.node("Concat", parts, "int64", [2 * t.rank], { axis: 0 });
      return g.node("Pad", [t, pads], t.dtype, [t.dim(0), all, ...t.shape.slice(2)]);
    },
    cut(t) {
      const shape = [t.dim(0), n, ...t.shape.slice(2)];
      return g.node("Slice", [t, g.integers([0]), g.length(n), g.integers([1])], t.dtype, shape);
    },
  };
}

function ceilDiv(g: Graph, a: Tensor, b: Tensor): Tensor {
  const up = g.node("Sub", [g.node("Add", [a, b], "int64", [1]), g.integers([1])], "int64", [1]);
  return g.node("Div", [up, b], "int64", [1]);
}
