import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Projection, projectUmap } from "../../src/evaluate/projection.js";
import { trustworthiness } from "../../src/evaluate/trustworthiness.js";

/** Written by test/fixtures/evaluate/make.py with scikit-learn and umap-learn. */
const cells: { features: number[][] } = JSON.parse(
  readFileSync("test/fixtures/evaluate/baselines.json", "utf8"),
);
const reference: { embedding: number[][]; trustworthiness: number; umap_learn: number[] } = JSON.parse(
  readFileSync("test/fixtures/evaluate/projection.json", "utf8"),
);
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
