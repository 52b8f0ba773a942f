import { test } from "node:test";
import { softmax } from "../../src/graph/softmax.js";
import { assertClose, checkGradient } from "../support/gradientCheck.js";
import { uniform } from "../support/runGraph.js";

test("softmax along the last axis: values, derivative", async () => {
  const x = uniform([2, 3, 4], 1, -3, 3);
  const y = await checkGradient([x], (g, [t]) => softmax(g, t), { outputDims: [2, 3, 4] });
  const expected = Array.from(x.data as Float64Array, Math.exp).map((e, i, all) => {
    const row = all.slice(i - (i % 4), i - (i % 4) + 4);
    return e / row.reduce((a, b) => a + b);
  });
  assertClose(y, expected, 1e-12);
});
