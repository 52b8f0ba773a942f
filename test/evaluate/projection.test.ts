import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { type Projection, projectUmap } from "../../src/evaluate/projection.js";
import { fitCurve } from "../../src/evaluate/projectionForces.js";
import { fuzzyGraph } from "../../src/evaluate/projectionGraph.js";
import { layOut, newLayout } from "../../src/evaluate/projectionLayout.js";
import { trustworthiness } from "../../src/evaluate/trustworthiness.js";

/** Written by test/fixtures/evaluate/make.py with scikit-learn and umap-learn. */
const cells: { features: number[][] } = JSON.parse(
  readFileSync("test/fixtures/evaluate/baselines.json", "utf8"),
);
const reference: { embedding: number[][]; trustworthiness: number; umap_learn: number[] } = JSON.parse(
  readFileSync("test/fixtures/evaluate/projection.json", "utf8"),
);
/** Written by test/fixtures/evaluate/make_umap.py with umap-learn. */
const graph: {
  k: number;
  indices: number[][];
  distances: number[][];
  edges: [number, number, number][];
  curves: Record<string, [a: number, b: number]>;
} = JSON.parse(readFileSync("test/fixtures/evaluate/umap_graph.json", "utf8"));
const neighbours = {
  k: graph.k,
  indices: Int32Array.from(graph.indices.flat()),
  distances: Float64Array.from(graph.distances.flat()),
};
const features = Float64Array.from(cells.features.flat());

function interleaved({ x, y }: Projection): number[] {
  return Array.from(x).flatMap((first, i) => [first, y[i]]);
}

test("trustworthiness equals scikit-learn's", () => {
  const ours = trustworthiness(features, 10, reference.embedding.flat(), 2, 10);
  assert.ok(
    Math.abs(ours - reference.trustworthiness) < 1e-12,
    `${ours} against ${reference.trustworthiness}`,
  );
  assert.throws(() => trustworthiness([1, 2, 3, 4], 1, [1, 2, 3, 4], 1, 2), /fewer than half/);
});

test("real cells are laid out as truly as umap-learn does", async () => {
  const ours = trustworthiness(features, 10, interleaved(await projectUmap(features, 10)), 2, 10);
  const theirs = Math.min(...reference.umap_learn);
  assert.ok(ours > theirs - 0.01, `${ours}, umap-learn's worst of five is ${theirs}`);
});

test("the same cells give the same picture, whatever the threads", async () => {
  const one = await projectUmap(features, 10, { threads: 1 });
  const two = await projectUmap(features, 10, { threads: 2 });
  assert.deepEqual(one, two);
});

test("edges, their weights and the curve are umap-learn's", () => {
  const { pointers, ends, weights } = fuzzyGraph(neighbours);
  const expected = new Map(graph.edges.map(([from, to, weight]) => [`${from} ${to}`, weight]));
  assert.equal(ends.length, expected.size);
  for (let cell = 0; cell + 1 < pointers.length; cell++)
    for (let at = pointers[cell]; at < pointers[cell + 1]; at++) {
      const weight = expected.get(`${cell} ${ends[at]}`) ?? Number.NaN;
      assert.ok(Math.abs(weights[at] - weight) < 1e-4, `${cell} ${ends[at]}: ${weights[at]}, ${weight}`);
    }
  for (const [minDist, [a, b]] of Object.entries(graph.curves)) {
    const own = fitCurve(Number(minDist));
    assert.ok(
      Math.abs(own.a / a - 1) < 1e-3 && Math.abs(own.b / b - 1) < 1e-3,
      `${minDist}: ${own.a}, ${own.b}`,
    );
  }
});

test("the layout does not depend on how many threads make it", () => {
  const start = Float64Array.from({ length: 2 * 40 }, (_, i) => 5 + 5 * Math.sin(i * i));
  const settings = { epochs: 30, seed: 1, curve: fitCurve(0.3) };
  const [one, three] = [1, 3].map((threads) =>
    newLayout(fuzzyGraph(neighbours), start, { ...settings, threads }),
  );
  layOut(one, 0);
  for (const thread of [1, 2])
    new Worker(new URL("../../src/evaluate/projectionThread.js", import.meta.url), {
      workerData: { layout: three, thread },
    });
  layOut(three, 0);
  assert.deepEqual(three.places, one.places);
  assert.notDeepEqual(one.places, Float32Array.from(start));
});

test("few cells, few columns and bad values", async () => {
  const tiny = await projectUmap(Float32Array.of(0, 0, 1, 0, 0, 1, 5, 5), 2);
  assert.ok(interleaved(tiny).every(Number.isFinite) && tiny.x.length === 4);
  await assert.rejects(projectUmap(new Float64Array(4), 2), /2 cells; a projection needs at least 3/);
  await assert.rejects(
    projectUmap(Float64Array.of(1, 2, 3, 4, 5, Number.NaN), 2),
    /Cell 2 has NaN in column 1/,
  );
});

test("an abort ends the work", async () => {
  const controller = new AbortController();
  const pending = projectUmap(features, 10, { signal: controller.signal });
  controller.abort(new Error("stopped by the user"));
  await assert.rejects(pending, /stopped by the user/);
});

test("nothing keeps the process alive afterwards", () => {
  const script = `
    import { projectUmap } from ${JSON.stringify(new URL("../../src/evaluate/projection.js", import.meta.url).href)};
    await projectUmap(Float64Array.from({ length: 600 }, (_, i) => Math.sin(i * i)), 6);
    console.log("done");`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
  assert.equal(run.signal, null, "it ended by itself");
  assert.equal(run.stdout.toString(), "done\n");
});
