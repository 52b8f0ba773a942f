import assert from "node:assert/strict";
import { test } from "node:test";
import { add } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import { numbers, runGraph } from "../support/runGraph.js";

test("outputs that are inputs, constants, or given twice under other names", async () => {
  const g = new Graph();
  const x = g.input("x0", "float64", [2]);
  const y = add(g, x, 1);
  g.output("same", x);
  g.output("constant", g.scalar(7, "float64"));
  g.output("once", y);
  g.output("twice", y);
  const out = await runGraph(g, [numbers([2], [3, 4])]);
  assert.deepEqual(out, { same: [3, 4], constant: [7], once: [4, 5], twice: [4, 5] });
});

test("a graph that is built twice gives the same bytes, in the format's version 10 and operator set 21", () => {
  const bytes = () => {
    const g = new Graph();
    g.output("y", add(g, g.input("x", "float32", ["B", 3]), 1));
    return encodeOnnx(g);
  };
  assert.deepEqual(bytes(), bytes());
  // ModelProto: field 1 (ir_version) is a varint; field 8 (opset_import) a message with field 2 (version).
  const all = Buffer.from(bytes());
  assert.deepEqual([...all.subarray(0, 2)], [0x08, 10]);
  assert.ok(all.includes(Buffer.from([0x10, 21])));
});
