import { Graph } from "./graph.js";
import type { QueryBlocks } from "./queryBlocks.js";
import { expand, reshape } from "./shape.js";
import { type Dim, product, type Shape, type Tensor } from "./tensor.js";

/** What is done with each head: first something with what all its queries share, then with each block of queries. */
export interface HeadBody {
  /** How many results of a block are added up over the head's blocks: the first ones, of the shapes of `shared`'s first. */
  sums: number;
  of: (s: Graph, shared: Tensor[]) => (b: Graph, rows: Tensor[]) => Tensor[];
}

/**
 * Does it with all heads of all cells.
 * @param rows [B·H, queries, …]: what belongs to a query
 * @param shared [B·H, …]: what the queries of a head share
 */
export type HeadLoop = (
  rows: Tensor[],
  shared: Tensor[],
  body: HeadBody,
) => { sums: Tensor[]; rows: Tensor[] };

/** One head of one cell at a time (ONNX `Scan`), and in it one block of queries at a time (another). */
export function byScan(g: Graph, { count, rows: length }: QueryBlocks): HeadLoop {
  return (rows, shared, body) => {
    const s = new Graph(g);
    const cut = rows.map((t) => reshape(g, t, [t.dim(0), count, length, ...t.shape.slice(2)]));
    const [head, queries] = [shared, cut].map((all) => all.map((t) => partOf(s, t)));
    const ofBlock = body.of(s, head);
    const b = new Graph(s);
    const soFar = head.slice(0, body.sums).map((t) => b.input(b.fresh("sum"), t.dtype, t.shape));
    const results = ofBlock(
      b,
      queries.map((t) => partOf(b, t)),
    );
    const sums = soFar.map((t, i) => b.node("Add", [t, results[i]], t.dtype, t.shape));
    const zeros = soFar.map((t) => zerosLike(s, t));
    const made = scan(s, b, zeros, queries, [...sums, ...results.slice(body.sums)]);
    const all = scan(g, s, [], [...shared, ...cut], made);
    return {
      sums: all.slice(0, body.sums),
      rows: all
        .slice(body.sums)
        .map((t) => reshape(g, t, [t.dim(0), product([count, length]), ...t.shape.slice(3)])),
    };
  };
}

/** All heads of all cells at once. */
export function atOnce(g: Graph): HeadLoop {
  return (rows, shared, body) => {
    const results = body.of(g, shared)(g, rows);
    return { sums: results.slice(0, body.sums), rows: results.slice(body.sums) };
  };
}

/** One head of all cells at a time, written out. */
export function byHead(g: Graph, b: Dim, heads: number): HeadLoop {
  return (rows, shared, body) => {
    const all = rows[0].dim(0);
    const unpack = (t: Tensor) => reshape(g, t, [b, heads, ...t.shape.slice(1)]);
    const [wholeRows, wholeShared] = [rows.map(unpack), shared.map(unpack)];
    const ofEach = Array.from({ length: heads }, (_, h) => {
      const at = g.constant(Int32Array.of(h), "int32", []);
      const part = (t: Tensor) => g.node("Gather", [t, at], t.dtype, [b, ...t.shape.slice(2)], { axis: 1 });
      const results = body.of(g, wholeShared.map(part))(g, wholeRows.map(part));
      return results.map((r) => reshape(g, r, [b, 1, ...r.shape.slice(1)]));
    });
    const packed = ofEach[0].map((first, i) => {
      const shape = [b, heads, ...first.shape.slice(2)];
      const parts = ofEach.map((results) => results[i]);
      const stacked = g.node("Concat", parts, first.dtype, shape, { axis: 1 });
      return reshape(g, stacked, [all, ...shape.slice(2)]);
    });
    return { sums: packed.slice(0, body.sums), rows: packed.slice(body.sums) };
  };
}

/** What a body gets of `t` in one turn: `t` without its first axis. */
function partOf(body: Graph, t: Tensor): Tensor {
  return body.input(body.fresh("part"), t.dtype, t.shape.slice(1));
}

/** Appends a `Scan`: `states` go from turn to turn, `parts` are taken apart along their first axis, as results are stacked. */
function scan(g: Graph, body: Graph, states: Tensor[], parts: Tensor[], results: Tensor[]): Tensor[] {
  for (const r of results) body.output(g.fresh("result"), r);
  const turns = parts[0].dim(0);
  const outputs = results.map((r, i) => ({
    dtype: r.dtype,
    shape: i < states.length ? r.shape : [turns, ...r.shape],
  }));
  return g.nodesOf("Scan", [...states, ...parts], outputs, { body, num_scan_inputs: parts.length });
}

function zerosLike(g: Graph, t: Tensor): Tensor {
  const ones: Shape = t.shape.map(() => 1);
  return expand(g, reshape(g, g.scalar(0, t.dtype), ones), t.shape);
}
