import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../src/graph/autodiff.js";
import { mul } from "../../src/graph/elementwise.js";
import { embedding, first, indices } from "../../src/graph/gather.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceSum } from "../../src/graph/reduce.js";
import { Random } from "../../src/support/random.js";
import { checkGradient } from "../support/gradientCheck.js";
import {
  inputsOf,
  integers,
  numbers,
  type Operand,
  RunnableGraph,
  runGraph,
  uniform,
} from "../support/runGraph.js";

test("embedding: rows, and a derivative that sums over repeated indices", async () => {
  const table = uniform([5, 3], 1);
  const index = integers([6], [4, 0, 4, 2, 4, 0], ["T"]);
  const y = await checkGradient([table, index], (g, [t, i]) => embedding(g, t, i), { outputDims: [6, 3] });
  assert.deepEqual(
    y,
    Array.from(index.data).flatMap((row) => Array.from(table.data.slice(3 * row, 3 * row + 3), Number)),
  );
});

test("embedding: the padding row gets no derivative", async () => {
  const operands = [uniform([3, 2], 1), integers([4], [0, 1, 1, 2])];
  const g = new Graph();
  const [table, index] = inputsOf(g, operands);
  const loss = reduceSum(g, embedding(g, table, index, 1), [0, 1]);
  g.output("gradient", gradients(g, loss, [table])[0]!);
  assert.deepEqual((await runGraph(g, operands)).gradient, [1, 1, 0, 0, 1, 1]);
});

// A parallel sum into the same rows loses updates where it is not careful (ScatterND's does, on the CPU provider).
test("embedding: the derivative of 1,024 tokens × 512 with many repeats is exact and the same each time, on 1, 2 and 4 threads", async () => {
  const [tokens, width, rows] = [1024, 512, 40];
  const random = new Random(5);
  const index = Int32Array.from({ length: tokens }, () => (random.uniform() < 0.5 ? 7 : random.below(rows)));
  const dy = Float32Array.from({ length: tokens * width }, () => 2 * random.uniform() - 1);
  const truth = new Float64Array(rows * width);
  index.forEach((row, t) => {
    for (let k = 0; k < width; k++) truth[row * width + k] += dy[t * width + k];
  });
  const operands: Operand[] = [
    { dtype: "float32", dims: [rows, width], data: new Float32Array(rows * width) },
    { dtype: "int32", dims: [tokens], data: index },
    { dtype: "float32", dims: [tokens, width], data: dy },
  ];
  let before: number[] | undefined;
  for (const threads of [1, 2, 4]) {
    const g = new Graph();
    const [table, at, weights] = inputsOf(g, operands);
    const loss = reduceSum(g, mul(g, embedding(g, table, at), weights), [0, 1]);
    g.output("gradient", gradients(g, loss, [table])[0]!);
    const graph = await RunnableGraph.open(g, threads);
    for (let repeat = 0; repeat < 10; repeat++) {
      const { gradient } = await graph.run(operands);
      // 500 float32 additions of numbers below 1: an error below 500 · 2⁻²⁴ · the partial sums' size.
      const error = gradient.reduce((m, x, i) => Math.max(m, Math.abs(x - truth[i])), 0);
      assert.ok(error < 1e-4, `${threads} threads, repeat ${repeat}: off by ${error}`);
      before ??= gradient;
      assert.ok(
        gradient.every((x, i) => x === before![i]),
        `${threads} threads, repeat ${repeat}: other bits`,
      );
    }
    await graph.release();
  }
});

test("first: the first token of each cell; its derivative is zero elsewhere", async () => {
  const x = uniform([3, 4, 2], 2, -1, 1, ["B", "N", 2]);
  const y = await checkGradient([x], (g, [t]) => first(g, t), { outputDims: [3, 2] });
  assert.deepEqual(
    y,
    [0, 8, 16].flatMap((i) => Array.from(x.data.slice(i, i + 2))),
  );
});

test("indices: counts a known length and one that is known at run time", async () => {
  const x = numbers([3, 2], [0, 0, 0, 0, 0, 0], ["B", 2]);
  const g = new Graph();
  inputsOf(g, [x]);
  g.output("known", indices(g, 2));
  g.output("named", indices(g, "B"));
  const out = await runGraph(g, [x]);
  assert.deepEqual(out.known, [0, 1]);
  assert.deepEqual(out.named, [0, 1, 2]);
});

test("a table or index of another rank is refused when the graph is built", () => {
  const g = new Graph();
  const table = g.input("table", "float32", [5, 3]);
  const index = g.input("index", "int32", ["B", "N"]);
  assert.throws(() => embedding(g, table, index), {
    name: "GraphError",
    message: "embedding: table [5, 3], index [B, N]",
  });
  assert.throws(() => first(g, table), {
    name: "GraphError",
    message: "first: a tensor of shape [5, 3], not [B, N, d]",
  });
});
