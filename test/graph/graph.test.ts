import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { numbers, runGraph } from "../support/runGraph.js";

test("lengths known at run time: of an input's axis, and products of them", async () => {
  const g = new Graph();
  const x = g.input("x0", "float64", ["B", "N", 2]);
  g.output("shape", g.shapeVector(["B", 3, "N"], false));
  g.output("product", g.length("2*B*N"));
  g.output("count", g.countAlong(x, [0, 1], "float64"));
  const out = await runGraph(g, [numbers([3, 5, 2], Array(30).fill(0))]);
  assert.deepEqual(out, { shape: [3, 3, 5], product: [30], count: [15] });
});

test("small constants that are equal are one; others, and other types and shapes, are not", () => {
  const g = new Graph();
  assert.equal(g.scalar(2, "float32"), g.scalar(2, "float32"));
  assert.notEqual(g.scalar(2, "float32"), g.scalar(2, "float64"));
  assert.notEqual(g.integers([1]), g.scalar(1, "int64"));
  assert.equal(g.constants.length, 4);
});

test("faults are named", () => {
  const g = new Graph();
  g.input("x", "float32", ["B"]);
  const name = "GraphError";
  assert.throws(() => g.input("x", "float32", ["B"]), { name, message: 'two inputs are called "x"' });
  assert.throws(() => g.constant(Float32Array.of(1, 2), "float32", [3]), {
    name,
    message: "constant: 2 values for the shape [3]",
  });
  assert.throws(() => g.length("M"), { name, message: 'no input of the graph has a dimension "M"' });
});
