import assert from "node:assert/strict";
import { test } from "node:test";
import { square } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceMean, reduceSum, sumOfSquares } from "../../src/graph/reduce.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { inputsOf, numbers, runGraph, uniform } from "../support/runGraph.js";

// [2, 3, 2]; named dimensions, as a batch has.
const x = uniform([2, 3, 2], 1, -1, 1, ["B", "N", 2]);
const at = (i: number, j: number, k: number) => x.data[i * 6 + j * 2 + k];
const overMiddle = [0, 1].flatMap((i) => [0, 1].map((k) => at(i, 0, k) + at(i, 1, k) + at(i, 2, k)));
const overOuter = [0, 1].map((k) =>
  [0, 1].reduce((s, i) => s + [0, 1, 2].reduce((t, j) => t + at(i, j, k), 0), 0),
);

for (const [name, reduce, count] of [
  ["reduceSum", reduceSum, () => 1],
  ["reduceMean", reduceMean, (n: number) => n],
] as const) {
  test(`${name}: values and derivative over one axis and several, kept or not`, async () => {
    const one = await checkGradient([x], (g, [t]) => reduce(g, square(g, t), [1]), { outputDims: [2, 2] });
    assert.equal(one.length, 4);
    const plain = await checkGradient([x], (g, [t]) => reduce(g, t, [1]), { outputDims: [2, 2] });
    assertClose(
      plain,
      overMiddle.map((s) => s / count(3)),
    );
    const kept = await checkGradient([x], (g, [t]) => reduce(g, t, [1], true), { outputDims: [2, 1, 2] });
    assert.deepEqual(kept, plain);
    const outer = await checkGradient([x], (g, [t]) => reduce(g, t, [0, 1]), { outputDims: [2] });
    assertClose(
      outer,
      overOuter.map((s) => s / count(6)),
    );
    const last = await checkGradient([x], (g, [t]) => reduce(g, t, [-1]), { outputDims: [2, 3] });
    assertClose(
      last,
      [0, 1, 2, 3, 4, 5].map((r) => (x.data[2 * r] + x.data[2 * r + 1]) / count(2)),
    );
  });
}

test("sumOfSquares is a scalar", async () => {
  const y = numbers([2, 3], [1, -5, 2, -7, -6, -8]);
  const g = new Graph();
  const [t] = inputsOf(g, [y]);
  const squares = sumOfSquares(g, t);
  assert.deepEqual(squares.shape, []);
  g.output("squares", squares);
  const out = await runGraph(g, [y]);
  assert.deepEqual(out.squares, [1 + 25 + 4 + 49 + 36 + 64]);
});
