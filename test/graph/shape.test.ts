import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { concat, expand, reshape, slice, transpose } from "../../src/graph/shape.js";
import { checkGradient } from "../support/gradientCheck.js";
import { numbers, uniform } from "../support/runGraph.js";

const counting = (...dims: number[]) =>
  numbers(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i),
  );

test("reshape and transpose: values, derivative, lengths known at run time", async () => {
  const x = { ...counting(2, 3, 4), shape: ["B", "N", 4] };
  const same = await checkGradient([x], (g, [t]) => reshape(g, t, ["B*N", 4]), { outputDims: [6, 4] });
  assert.deepEqual(same, Array.from(x.data));
  const turned = await checkGradient([x], (g, [t]) => transpose(g, t, [2, 0, 1]), { outputDims: [4, 2, 3] });
  const expected = [0, 1, 2, 3].flatMap((k) =>
    [0, 1].flatMap((i) => [0, 1, 2].map((j) => i * 12 + j * 4 + k)),
  );
  assert.deepEqual(turned, expected);
});

test("expand: values, derivative", async () => {
  const x = uniform([2, 1, 3], 1, -1, 1, ["B", 1, 3]);
  const y = await checkGradient([x], (g, [t]) => expand(g, t, ["B", 4, 3]), { outputDims: [2, 4, 3] });
  for (let j = 0; j < 4; j++)
    assert.deepEqual(y.slice(12 + 3 * j, 15 + 3 * j), Array.from(x.data.slice(3, 6)));
});

test("concat: values, derivative, along each axis", async () => {
  const [a, b, c] = [uniform([2, 3], 1), uniform([2, 1], 2), uniform([2, 2], 3)];
  const y = await checkGradient([a, b, c], (g, parts) => concat(g, parts, 1), { outputDims: [2, 6] });
  assert.deepEqual(y.slice(0, 3), Array.from(a.data.slice(0, 3)));
  assert.deepEqual(y.slice(6, 9), Array.from(a.data.slice(3)));
  assert.equal(y[3], b.data[0]);
  assert.deepEqual(y.slice(10), Array.from(c.data.slice(2)));
  const [d, e] = [uniform([1, 2, 2], 4), uniform([3, 2, 2], 5)];
  const front = await checkGradient([d, e], (g, parts) => concat(g, parts, 0), { outputDims: [4, 2, 2] });
  assert.deepEqual(front, [...Array.from(d.data), ...Array.from(e.data)]);
});

test("slice: values, derivative, from the front, the middle and the end", async () => {
  const x = { ...counting(2, 5, 2) };
  for (const [start, end] of [
    [0, 2],
    [1, 4],
    [3, 5],
  ]) {
    const y = await checkGradient([x], (g, [t]) => slice(g, t, 1, start, end), {
      outputDims: [2, end - start, 2],
    });
    const expected = [0, 1].flatMap((i) => Array.from(x.data.slice(i * 10 + 2 * start, i * 10 + 2 * end)));
    assert.deepEqual(y, expected);
  }
});

test("slice along a dimension whose length is known at run time", async () => {
  const x = { ...counting(2, 5, 2), shape: ["B", "N", 2] };
  const y = await checkGradient([x], (g, [t]) => slice(g, t, 1, 1, 3), { outputDims: [2, 2, 2] });
  assert.deepEqual(y, [2, 3, 4, 5, 12, 13, 14, 15]);
  const first = await checkGradient([x], (g, [t]) => slice(g, t, 0, 0, 1), { outputDims: [1, 5, 2] });
  assert.deepEqual(
    first,
    Array.from({ length: 10 }, (_, i) => i),
  );
});

test("shapes that cannot be are refused when the graph is built", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [2, 6]);
  const y = g.input("y", "float32", ["B", 4]);
  const name = "GraphError";
  assert.throws(() => reshape(g, x, [3, 5]), {
    name,
    message: "reshape: [2, 6] does not hold as many elements as [3, 5]",
  });
  assert.throws(() => concat(g, [x, y], 1), { name, message: "concat: [B, 4] beside [2, 6] along axis 1" });
  assert.throws(() => slice(g, x, 1, 4, 7), { name, message: "slice: 4 to 7 of axis 1 of [2, 6]" });
  assert.throws(() => expand(g, x, [2, 7]), {
    name,
    message: "expand: shapes [2, 6] and [2, 7] do not broadcast",
  });
  assert.throws(() => expand(g, x, [1, 6]), { name, message: "expand: [2, 6] cannot be repeated to [1, 6]" });
  assert.throws(() => transpose(g, x, [0, 0]), { name, message: "transpose: axes 0, 0 of [2, 6]" });
});
